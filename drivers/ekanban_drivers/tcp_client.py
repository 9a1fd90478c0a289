"""Calling a reader that waits to be called."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.errors import DeviceAbsent, DeviceError, DeviceNotReadable
from ekanban_drivers.happenings import Heard
from ekanban_drivers.scanner import N_, Event
from ekanban_drivers.source import Clock
from ekanban_drivers.tcp_address import Address
from ekanban_drivers.tcp_line import Patience, TcpLine

T = TypeVar("T")

REFUSED = N_(
    "Scanner %(address)s refuses the connection: is its TCP server switched on, at this port, and does no other program"
    " hold its only connection?"
)
NO_ANSWER = N_("Scanner %(address)s does not answer: look for its power, its cable, the network and the address.")
NO_NAME = N_("The name of scanner %(address)s is not known to this machine: name its IP address, or mend the DNS.")


class TcpSource:
    """The bytes of one connection."""

    def __init__(self, line: TcpLine, decoder: ByteDecoder, heard: Heard | None) -> None:
        self.decoder = decoder
        self._line = line
        self._heard = heard

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._line.fileno()

    def read(self) -> list[Event]:
        """Read and decode what is there; raises Gone when the reader is."""
        data = self._line.receive()
        now = Clock()
        if data and self._heard is not None:
            self._heard(now, data)
        return self.decoder.feed(now, data) if data else []


async def connect(address: Address, patience: Patience) -> socket.socket:
    """Connect to the first place that takes the call; raises DeviceError, which says what to look for."""
    wrong: OSError = TimeoutError()
    try:
        async with asyncio.timeout(patience.connect):
            for family, place in await _places(address):
                try:
                    return await _call(family, place)
                except OSError as error:
                    wrong = error
    except OSError as error:  # the time is over, or nobody knows the name
        wrong = error
    raise _why(address, wrong) from wrong


async def _places(address: Address) -> list[tuple[int, tuple[str, int]]]:
    def look() -> list[tuple[int, tuple[str, int]]]:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        return [(family, place) for family, _type, _proto, _name, place in found]  # type: ignore[misc]  # AF_INET(6)

    return await _in_own_thread(look)


async def _call(family: int, place: tuple[str, int]) -> socket.socket:
    calling = socket.socket(family, socket.SOCK_STREAM)
    try:
        calling.setblocking(False)
        await asyncio.get_running_loop().sock_connect(calling, place)
        if calling.getsockname() == calling.getpeername():  # nobody was there, and the kernel joined it to itself
            raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody listens")
    except BaseException:
        calling.close()
        raise
    return calling


async def _in_own_thread(work: Callable[[], T]) -> T:
    """Do it in a thread that nobody waits for: where no DNS answers, a look-up takes longer than a stop may take."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: OSError | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)  # type: ignore[arg-type]  # without an error there is a result

    def run() -> None:
        result, wrong = None, None
        try:
            result = work()
        except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot be one
            wrong = error if isinstance(error, OSError) else socket.gaierror(str(error))
        with suppress(RuntimeError):  # the loop is closed: nobody waits for it any more
            loop.call_soon_threadsafe(settle, result, wrong)

    threading.Thread(target=run, name="name of a scanner", daemon=True).start()
    return await answer


def _why(address: Address, error: OSError) -> DeviceError:
    if isinstance(error, socket.gaierror):
        return DeviceNotReadable(NO_NAME, address=address.text)
    if isinstance(error, ConnectionError):
        return DeviceNotReadable(REFUSED, address=address.text)
    return DeviceAbsent(NO_ANSWER, address=address.text)
