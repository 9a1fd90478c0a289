"""Network namespaces of a test's own: rooms with nothing but loopback and the cables that the test lays between them.

A room goes with its test; one that a killed test left behind is cleared away by the next. Who asks something in a room
from outside does so over a socket that was made inside (`Room.transport`); the machine's own interfaces see nothing.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx2

ROOMS = Path("/run/netns")
PREFIX = "ekb-room-"
NEW_NETWORK = 0x40000000  # CLONE_NEWNET
MORTAL = ("setpriv", "--pdeathsig", "KILL")  # in front of a command: it dies with the thread that started it
T = TypeVar("T")


class Cut(StrEnum):
    """The ways in which a cable fails."""

    DROPPED = "dropped"  # packets vanish in both directions: whoever waits runs into its time-out
    DEAF = "deaf"  # requests arrive, answers vanish: done, and not known to be done
    RESET = "reset"  # a firewall says no to every packet
    DOWN = "down"  # the plug is pulled


class Room:
    """One namespace, with loopback."""

    def __init__(self, name: str) -> None:
        self.name = f"{PREFIX}{os.getpid()}-{name}"

    def __enter__(self) -> Self:
        clear_away()
        _run("ip", "netns", "add", self.name)
        _run("ip", "-n", self.name, "link", "set", "lo", "up")
        self._inside = ThreadPoolExecutor(1, initializer=self._move_in)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._inside.shutdown()
        _run("ip", "netns", "delete", self.name)

    def call(self, work: Callable[[], T]) -> T:
        """Do something inside; sockets and processes that it makes stay inside, MORTAL ones end with the room."""
        return self._inside.submit(work).result()

    def transport(self) -> httpx2.BaseTransport:
        """A transport whose connections begin inside."""
        return _Inside(self)

    def cable(self, other: Room, network: int) -> tuple[str, str]:
        """Lay a cable to another room; returns this end's address and the other's."""
        ends = (f"10.91.{network}.1", f"10.91.{network}.2")
        name = f"cable{network}"
        _run("ip", "-n", self.name, "link", "add", name, "type", "veth", "peer", "name", name, "netns", other.name)
        for room, address in zip((self, other), ends, strict=True):
            _run("ip", "-n", room.name, "address", "add", f"{address}/24", "dev", name)
            _run("ip", "-n", room.name, "link", "set", name, "up")
        return ends

    @contextmanager
    def also(self, address: str) -> Iterator[None]:
        """Have this room hold an address, whoever else has it."""
        _run("ip", "-n", self.name, "address", "add", f"{address}/32", "dev", "lo")
        try:
            yield
        finally:
            _run("ip", "-n", self.name, "address", "delete", f"{address}/32", "dev", "lo")

    def cut(self, network: int, how: Cut) -> None:
        """Cut a cable, at this room's end."""
        name = f"cable{network}"
        if how is Cut.DOWN:
            _run("ip", "-n", self.name, "link", "set", name, "down")
            return
        incoming = "drop" if how in (Cut.DROPPED, Cut.DEAF) else "accept"
        outgoing = {Cut.DROPPED: "drop", Cut.RESET: "meta l4proto tcp reject with tcp reset"}.get(how, "accept")
        self._nft(f"""table inet {name} {{
            chain incoming {{ type filter hook input priority 0; iifname "{name}" {incoming}; }}
            chain outgoing {{ type filter hook output priority 0; oifname "{name}" {outgoing}; }}
        }}""")

    def tear(self, address: str) -> None:
        """Break the connections from this room to an address: what was not answered yet never will be.

        `ss` says nothing where the kernel cannot do that; a cut that is none would prove what it does not. Raises
        Unbroken.
        """
        before = self._connections(address)
        _run("ip", "netns", "exec", self.name, "ss", "--kill", "dst", address)
        if left := before & self._connections(address):
            raise Unbroken(left)

    def _connections(self, address: str) -> set[tuple[str, ...]]:
        """Both ends of each that is established."""
        told = _run("ip", "netns", "exec", self.name, "ss", "-Htn", "state", "established", "dst", address)
        return {tuple(line.split()[-2:]) for line in told.splitlines()}

    def mend(self, network: int) -> None:
        """Undo whatever was cut."""
        name = f"cable{network}"
        self._nft(f"table inet {name}\ndelete table inet {name}")  # made where it is not, so that it can be deleted
        _run("ip", "-n", self.name, "link", "set", name, "up")

    def _nft(self, rules: str) -> None:
        _run("ip", "netns", "exec", self.name, "nft", "-f", "-", given=rules)

    def _move_in(self) -> None:
        """Only this thread: Linux gives each its own."""
        with (ROOMS / self.name).open() as room:
            if ctypes.CDLL(None, use_errno=True).setns(room.fileno(), NEW_NETWORK):
                raise OSError(ctypes.get_errno(), f"cannot enter {self.name}")


class Unbroken(Exception):
    """Connections stand that should be broken: this kernel lacks CONFIG_INET_DIAG_DESTROY."""

    def __init__(self, left: set[tuple[str, ...]]) -> None:
        super().__init__(f"{self.__doc__} Still there: {sorted(left)}")


class _Inside(httpx2.BaseTransport):
    """Requests begin in the room's thread; bodies may be read anywhere, because a socket stays where it was made."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._inner = httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._room.call(lambda: self._inner.handle_request(request))

    def close(self) -> None:
        self._inner.close()


def clear_away() -> None:
    """Delete the rooms of tests that are no more."""
    for room in ROOMS.glob(f"{PREFIX}*") if ROOMS.is_dir() else ():
        process = room.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", process).exists():
            with suppress(subprocess.CalledProcessError):  # another test clears away at the same time
                _run("ip", "netns", "delete", room.name)


def _run(*command: str, given: str | None = None) -> str:
    try:
        return subprocess.run(command, input=given, check=True, capture_output=True, text=True).stdout
    except subprocess.CalledProcessError as error:
        error.add_note(f"{' '.join(command)}: {error.stderr}")
        raise
