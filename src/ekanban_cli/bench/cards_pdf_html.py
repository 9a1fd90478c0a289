"""Cards as PDF against WeasyPrint, which is no part of ekanban."""

from ekanban_cli.bench.cards_pdf import run_html as run

__all__ = ["run"]
