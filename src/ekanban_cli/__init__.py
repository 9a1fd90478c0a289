"""The `ekanban` command; composes the other packages."""
