"""The way `file`: documents into a folder, whole or not at all. Files are named here, by nothing that people typed."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from ekanban_labels.printers.address import parse_address
from ekanban_labels.printers.job import Job
from ekanban_labels.printers.model import Condition, Printer, Progress, Result, Status, Step, ended
from ekanban_labels.printers.sentence import N_, Sentence, printable, say

_FULL = (errno.ENOSPC, errno.EDQUOT)


def check(printer: Printer) -> Status:
    """Say whether a file could be made in the folder."""
    folder = Path(parse_address(printer.way, printer.address).path)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError as error:
        return Status(Condition.FAULT, _why(folder, error), printable(repr(error)))
    return Status(Condition.READY, say(N_("The folder {folder} takes files."), folder=_called(folder)))


def send(printer: Printer, job: Job) -> Result:
    """Write each document to a file of its own; DONE means that it is on disk."""
    folder = Path(parse_address(printer.way, printer.address).path)
    written = 0
    for number, document in enumerate(job.documents, 1):
        if job.cancelled:
            return ended(written, written, job.cancelled_reason(), whole=False)
        name = f"ekanban-{job.name}-{number:04}.{printer.dialect}"
        if (folder / name).exists():
            return ended(written, written, say(N_("The file {name} is there already."), name=name), whole=False)
        try:
            _store(folder, name, document.data)
        except OSError as error:
            begun = written + (document.prints if (folder / name).exists() else 0)  # renamed, and perhaps not for ever
            return ended(written, begun, _why(folder, error), whole=False, detail=printable(repr(error)))
        written += document.prints
        job.tell(Progress(Step.SENDING, written, written))
    return job.ended(written, written, say(N_("Written to the folder {folder}."), folder=_called(folder)))


def _store(folder: Path, name: str, data: bytes) -> None:
    """Write a file that is there as a whole or not at all, also after a power cut; raises OSError."""
    handle, temporary = tempfile.mkstemp(prefix=".ekanban-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o640)
            os.fsync(file.fileno())
        os.rename(temporary, folder / name)
        _sync(folder)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # shares of other systems cannot do it for folders
            raise
    finally:
        os.close(handle)


def _why(folder: Path, error: OSError) -> Sentence:
    if error.errno in _FULL:
        return say(N_("The disk of the folder {folder} is full. Make room there."), folder=_called(folder))
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return say(N_("The folder {folder} is not there. Make it, or register another one."), folder=_called(folder))
    if isinstance(error, PermissionError):
        return say(N_("ekanban may not write into the folder {folder}. Allow it."), folder=_called(folder))
    why = error.strerror or error
    return say(N_("The file could not be written into {folder}: {why}."), folder=_called(folder), why=why)


def _called(folder: Path) -> str:
    """Its name without its place, which is for administrators; sentences are for everybody."""
    return folder.name or str(folder)
