"""What makes a command fail.

EkanbanError
└── CommandFailed         ends with exit code 1; the text says what to do
    ├── PortTaken
    ├── JournalUnreadable     a disk does not give a terminal's journal, or not all of it
    ├── InUse             another program works on the same data
    └── NotReachable      central or the terminal does not answer
"""

from __future__ import annotations

from ekanban_core.errors import EkanbanError


class CommandFailed(EkanbanError):
    """The command failed."""


class PortTaken(CommandFailed):
    """Another program listens on this port."""


class JournalUnreadable(CommandFailed):
    """The journal cannot be read."""


class InUse(CommandFailed):
    """Another program works on this data."""


class NotReachable(CommandFailed):
    """No answer."""
