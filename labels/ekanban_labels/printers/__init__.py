"""Printers: taking documents to them, and telling honestly what became of them."""

from ekanban_labels.printers.address import Address, parse_address
from ekanban_labels.printers.model import (
    BadAddress,
    BadPrinter,
    Condition,
    Dialect,
    Document,
    Printer,
    PrinterError,
    Progress,
    Result,
    Sent,
    Status,
    Step,
    Way,
)
from ekanban_labels.printers.patience import PATIENCE, Patience
from ekanban_labels.printers.sentence import Sentence
from ekanban_labels.printers.ways import check, send

__all__ = [
    "PATIENCE", "Address", "BadAddress", "BadPrinter", "Condition", "Dialect", "Document", "Patience", "Printer",
    "PrinterError", "Progress", "Result", "Sent", "Sentence", "Status", "Step", "Way", "check", "parse_address", "send",
]  # fmt: skip
