"""The errors of the terminal; their texts are for people and say what to do.

TerminalError
├── FolderUnusable      the data folder is missing, read-only, or another terminal works on it
├── JournalError        the scan is not stored, and nothing may be shown green
│   ├── JournalFailed   an I/O or corruption error; no green until the journal was reopened and checked
│   ├── JournalFull     a limit is reached: refused before green, the oldest is never dropped
│   └── NewerSchema     a newer release wrote this journal; it is not touched
├── LinkDown            no complete answer came from central
└── NotEnrolled         this terminal has no central yet
"""

from __future__ import annotations

from ekanban_core.errors import EkanbanError


class TerminalError(EkanbanError):
    """The terminal cannot do this."""


class FolderUnusable(TerminalError):
    """The data folder cannot be used."""


class JournalError(TerminalError):
    """The scan was not stored."""


class JournalFailed(JournalError):
    """The journal cannot be written. Nothing was deleted."""


class JournalFull(JournalError):
    """The journal is full."""


class NewerSchema(JournalError):
    """The journal was written by a newer release."""


class LinkDown(TerminalError):
    """Central did not answer."""


class NotEnrolled(TerminalError):
    """This terminal is not enrolled: get a code at central, then run `ekanban terminal enroll URL CODE`."""
