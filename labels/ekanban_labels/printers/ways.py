"""Take documents to a printer, by whichever way it is registered."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from uuid import uuid4

from ekanban_labels.printers import folder, raw
from ekanban_labels.printers.ipp import way as ipp
from ekanban_labels.printers.job import Job
from ekanban_labels.printers.model import Document, Printer, Result, Status, Tell, Way, quiet
from ekanban_labels.printers.patience import PATIENCE, Patience


def check(printer: Printer, patience: Patience = PATIENCE) -> Status:
    """Say how a printer stands, in a sentence that says what to do. Blocks; raises BadAddress."""
    match printer.way:
        case Way.RAW:
            return raw.check(printer, patience)
        case Way.FILE:
            return folder.check(printer)
        case Way.IPP | Way.CUPS:
            return ipp.check(printer, patience)


def send(
    printer: Printer,
    documents: Iterable[Document],
    tell: Tell = quiet,
    *,
    name: str = "",
    cancel: threading.Event | None = None,
    patience: Patience = PATIENCE,
) -> Result:
    """Print, once; blocks until nobody can learn more. Never repeats by itself what may have reached a printer.

    `documents` are taken one after the other, while the first are printing. `tell` hears of progress in this thread
    and must not raise. `name` (letters, digits, hyphens, underscores; at most 64) is unique for ever: over IPP a lost
    job is found again by it, in a folder it names the files. `cancel` stops a job at the next place where it can be
    said what is out. Raises BadAddress and BadPrinter, before anything was sent; all else is in the result.
    """
    job = Job(name or uuid4().hex, documents, tell, cancel or threading.Event(), patience)
    match printer.way:
        case Way.RAW:
            return raw.send(printer, job)
        case Way.FILE:
            return folder.send(printer, job)
        case Way.IPP | Way.CUPS:
            return ipp.send(printer, job)
