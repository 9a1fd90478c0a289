"""`python -m ekanban_cli` is `ekanban`."""

from ekanban_cli.main import app

app()
