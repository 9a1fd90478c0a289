"""What makes a command fail.

EkanbanError
└── CommandFailed         ends with exit code 1; the text says what to do
    ├── PortTaken
    ├── DataFolder        missing, not a folder, or not writable
    ├── InUse             another program works on the same data
    └── NotReachable      central or the terminal does not answer
"""

from __future__ import annotations

from ekanban_core.errors import EkanbanError


class CommandFailed(EkanbanError):
    """The command failed."""


class PortTaken(CommandFailed):
    """Another program listens on this port."""


class DataFolder(CommandFailed):
    """The data folder cannot be used."""


class InUse(CommandFailed):
    """Another program works on this data."""


class NotReachable(CommandFailed):
    """No answer."""
