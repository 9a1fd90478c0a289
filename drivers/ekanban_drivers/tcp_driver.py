"""Scanners on the network: fixed-mount readers that are called, and readers that call in.

TCP knows no exclusive opening. A reader is called once by this terminal; whether it also talks to others is its own
setting. A port that readers call takes one of them at a time. Nobody proves who he is: whoever reaches the port can
send codes, so a listener is reached from this machine only unless an address is named (tcp_address.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ekanban_drivers import feedback as orders
from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.event_queue import EventQueue
from ekanban_drivers.happenings import Head, Tap, heard
from ekanban_drivers.profile import DeviceFeedback
from ekanban_drivers.scanner import DeviceInfo, Feedback, Profile, Session
from ekanban_drivers.session import QueuedSession
from ekanban_drivers.source import Clock, reading
from ekanban_drivers.tcp_address import parse
from ekanban_drivers.tcp_client import TcpSource, connect
from ekanban_drivers.tcp_line import PATIENCE, Patience, TcpLine
from ekanban_drivers.tcp_listener import Listener


class TcpDriver:
    """Reads scanners over TCP; bytes may come in any chunks."""

    kind = "tcp"
    taps = True

    def __init__(self, patience: Patience = PATIENCE) -> None:
        self._patience = patience

    async def discover(self) -> list[DeviceInfo]:
        """Return nothing: a network does not tell which scanners it has."""
        return []

    def at(self, wanted: str) -> DeviceInfo:
        """Return the device that a configuration names; raises DeviceNotReadable."""
        address = parse(wanted)
        return DeviceInfo(self.kind, wanted, address.text, path=address.text)

    @asynccontextmanager
    async def open(self, device: DeviceInfo, profile: Profile, tap: Tap | None = None) -> AsyncIterator[Session]:
        """Call the reader, or wait for its call, for the time of the context; raises DeviceError."""
        address = parse(device.identity)
        make = self._listen if address.listens else self._call
        async with make(device, profile, tap) as session:
            yield session

    @asynccontextmanager
    async def _call(self, device: DeviceInfo, profile: Profile, tap: Tap | None) -> AsyncIterator[Session]:
        name = device.identity
        line = TcpLine(await connect(parse(name), self._patience), name, self._patience)
        try:
            _tell(tap, device, profile)
            source = TcpSource(line, ByteDecoder(profile, name), heard(tap, name))
            async with reading(source, name, tap=tap) as queue:
                yield TcpSession(line, queue, profile.feedback)
        finally:
            line.close()

    @asynccontextmanager
    async def _listen(self, device: DeviceInfo, profile: Profile, tap: Tap | None) -> AsyncIterator[Session]:
        name = device.identity
        listener = Listener(parse(name), name, profile, self._patience, tap)
        try:
            _tell(tap, device, profile)
            async with reading(listener, name, state=listener.waiting()) as queue:
                yield TcpSession(listener, queue, profile.feedback)
        finally:
            listener.close()


class TcpSession(QueuedSession):
    """A connection, or a port that waits for one."""

    def __init__(self, place: TcpLine | Listener, queue: EventQueue, means: DeviceFeedback) -> None:
        super().__init__(queue)
        self._place = place
        self._means = means

    def cue(self, feedback: Feedback) -> bool:
        """Send what shows the colour; a network takes it at once or not at all."""
        order = orders.order(self._means, feedback)
        if not order:
            return order is not None
        line = self._place.line if isinstance(self._place, Listener) else self._place
        return line is not None and line.send(order)

    async def feedback(self, feedback: Feedback) -> bool:
        """Show the colour, if the profile says how: what a reader does with a BEL it did not ask for nobody knows."""
        return self.cue(feedback)


def _tell(tap: Tap | None, device: DeviceInfo, profile: Profile) -> None:
    if tap is not None:
        about = {"name": device.name, "identity": device.identity}
        tap.opened(Head(TcpDriver.kind, profile, {device.identity: about}, Clock()))
