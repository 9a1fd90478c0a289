"""The demo's folder and ports, taken before anything large is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

from ekanban_cli import server
from ekanban_cli.errors import CommandFailed, PortTaken
from ekanban_cli.folder import alone
from ekanban_cli.language import _
from ekanban_terminal import folder as folders

HOST = "127.0.0.1"


@contextmanager
def taken(folder: Path, port: int) -> Iterator[socket]:
    """Make the folder, keep other demos out of it, and listen on central's port. Raises CommandFailed."""
    _make(folder)
    busy = _("Another demo runs on {folder}. End it, or name another folder: --data.").format(folder=folder)
    with alone(folder / "demo.lock", busy), _listen(port) as listener:
        yield listener


def _make(folder: Path) -> None:
    try:
        for part in (folder / "central", folder / "terminal"):
            part.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        text = _("{folder} cannot be made: {why}. Name another folder: --data.")
        raise CommandFailed(text.format(folder=folder, why=error.strerror)) from error
    folders.check(folder)


def _listen(port: int) -> socket:
    """Take central's port, and see whether the terminal's is free."""
    try:
        server.listen(HOST, port + 1).close()
        return server.listen(HOST, port)
    except PortTaken as error:
        text = _("{why} The demo needs two ports, one after the other: ekanban demo --port 8010")
        raise PortTaken(text.format(why=error)) from error
