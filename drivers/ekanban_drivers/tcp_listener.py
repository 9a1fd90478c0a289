"""Readers that call in: one at a time at each port.

A reader that lost its power leaves a connection behind that is open at this end only. So a call from the address that
is connected already takes the place of what was there, at once. A call from another address is refused and told of,
for as long as the first is alive; a dead one is noticed by the kernel (Patience).
"""

from __future__ import annotations

import errno
import select
import socket

from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.errors import DeviceBusy, DeviceError, DeviceNotReadable
from ekanban_drivers.happenings import Back, Heard, Line, Lost, Tap, heard
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import N_, Event, Scan, ScannerState, Status
from ekanban_drivers.source import Clock, Gone
from ekanban_drivers.tcp_address import Address
from ekanban_drivers.tcp_line import LEFT, SILENT, Patience, TcpLine

ALARM_SECONDS = 60.0  # for so long a refused call is shown
MOST_CHUNKS = 100  # of a connection whose place another takes
FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)  # the call stays: to try again at once never ends

WAITING = N_("Scanner %(device)s has not called in yet at %(address)s: set it to send there.")
STRANGER = N_("%(peer)s called in as scanner %(device)s and was refused: it is not among those that may.")
SECOND = N_("%(peer)s called in as scanner %(device)s and was refused, because %(first)s is connected: one at a time.")


class Listener:
    """A listening socket and the connection of whoever called: one source, with its decoder."""

    def __init__(
        self, address: Address, device: str, profile: Profile, patience: Patience, tap: Tap | None = None
    ) -> None:
        self.line: TcpLine | None = None
        self._address, self._device, self._profile, self._patience = address, device, profile, patience
        self._bytes = ByteDecoder(profile, device)
        self._tap = tap
        self._heard: Heard | None = heard(tap, device)
        self._peer = ""
        self._alarm_until: float | None = None
        self._socket = _listen(address)
        self._ready = select.epoll()
        self._ready.register(self._socket, select.EPOLLIN)

    def close(self) -> None:
        """Hang up and stop listening."""
        if self.line is not None:
            self.line.close()
        self._ready.close()
        self._socket.close()

    def waiting(self) -> Status:
        """Say that nobody is there yet."""
        facts = {"device": self._device, "address": self._address.text}
        return Status(ScannerState.ABSENT, self._device, WAITING, facts)

    # As a source.

    @property
    def decoder(self) -> Listener:
        """Itself: which connection is decoded changes."""
        return self

    def fileno(self) -> int:
        """Return one descriptor for both, the calls and the connection."""
        return self._ready.fileno()

    def read(self) -> list[Event]:
        """Take what is there of both, what was sent before who calls."""
        found: list[Event] = []
        ready = {number for number, _ in self._ready.poll(0)}
        if self.line is not None and self.line.fileno() in ready:
            found += self._receive(1)
        if self._socket.fileno() in ready:
            found += self._take_call()
        return found

    def _receive(self, chunks: int) -> list[Event]:
        found: list[Event] = []
        for _ in range(chunks):
            if self.line is None:
                break
            try:
                data = self.line.receive()
            except Gone as error:
                return found + self._hung_up(error)
            if not data:
                break
            found += self._feed(data)
        return found

    def _feed(self, data: bytes) -> list[Event]:
        now = Clock()
        if self._heard is not None:
            self._heard(now, data)
        return self._bytes.feed(now, data)

    def _take_call(self) -> list[Event]:
        try:
            calling, (peer, *_rest) = self._socket.accept()
        except OSError as error:
            if error.errno in FULL:
                raise
            return []  # it has thought better of it
        refused = self._refusal(peer)
        if refused is not None:
            calling.close()
            return [refused] if self._alarm_once(refused) else []
        found = self._receive(MOST_CHUNKS)
        if self.line is not None:
            found += self._hung_up(Gone("ECONNRESET", LEFT))[:-1]  # no word of a state that is over at once
        self.line, self._peer = TcpLine(calling, self._device, self._patience), peer
        self._ready.register(calling, select.EPOLLIN)
        self._alarm_until = None
        self._note(Back())
        return [*found, Status(ScannerState.READY, self._device)]

    def _refusal(self, peer: str) -> Status | None:
        facts = {"device": self._device, "peer": peer}
        state = ScannerState.ABSENT if self.line is None else ScannerState.READY
        if not self._address.lets_in(peer):
            return Status(state, self._device, STRANGER, facts, alarm=True)
        if self.line is not None and peer != self._peer:
            return Status(state, self._device, SECOND, facts | {"first": self._peer}, alarm=True)
        return None

    def _alarm_once(self, refused: Status) -> bool:
        fresh = self._alarm_until is None
        self._alarm_until = Clock() + ALARM_SECONDS
        return fresh

    def _hung_up(self, why: Gone) -> list[Event]:
        if self.line is not None:
            self._ready.unregister(self.line.fileno())
            self.line.close()
            self.line = None
        now = Clock()
        self._note(Lost(str(why)))
        text = SILENT if why.template == SILENT else LEFT
        return [*self._bytes.lost(now), Status(ScannerState.ABSENT, self._device, text, {"device": self._device})]

    def _note(self, what: Lost | Back) -> None:
        if self._tap is not None:
            self._tap.line(Line(Clock(), self._device, what))

    # As a decoder.

    @property
    def deadline(self) -> float | None:
        """When silence alone will mean something."""
        ends = [end for end in (self._bytes.deadline, self._alarm_until) if end is not None]
        return min(ends, default=None)

    def tick(self, t: float) -> list[Event]:
        """Take notice that it is `t` and that nothing came before."""
        found = self._bytes.tick(t)
        if self._alarm_until is not None and t > self._alarm_until:
            self._alarm_until = None
            found.append(self.waiting() if self.line is None else Status(ScannerState.READY, self._device))
        return found

    def ahead(self) -> Scan | None:
        """See Framer.ahead."""
        return self._bytes.ahead()

    def lost(self, t: float) -> list[Event]:
        """Take notice that nobody listens any more."""
        return self._bytes.lost(t)


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)
        listening.bind((address.host, address.port))
        listening.listen(8)
    except OSError as error:
        listening.close()
        raise _why(address, error) from error
    return listening


def _why(address: Address, error: OSError) -> DeviceError:
    if isinstance(error, PermissionError):
        text = N_("This account may not listen at %(address)s: choose a port from 1024 on.")
        return DeviceNotReadable(text, address=address.text)
    if error.errno == errno.EADDRINUSE:
        text = N_("Another program listens at %(address)s: `ss -ltnp` says which. End it, or choose another port.")
        return DeviceBusy(text, address=address.text)
    text = N_("This machine cannot listen at %(address)s (%(error)s): name one of its own addresses.")
    return DeviceNotReadable(text, address=address.text, error=error.strerror or repr(error))
