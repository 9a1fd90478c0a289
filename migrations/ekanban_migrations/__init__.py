"""Schema histories of central and the terminal."""
