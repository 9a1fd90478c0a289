"""The reader's thread: one device, one thread, one decoder.

A keyboard's kernel buffer overflows after about ten unread keys, so nothing else may run where a device is read: not
the event loop, not a database. The thread sleeps until the device has something or silence means something.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import select
import threading
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from ekanban_drivers.event_queue import EventQueue
from ekanban_drivers.happenings import Back, Heard, Line, Lost, Tap
from ekanban_drivers.scanner import N_, Event, Scan, ScannerState, Status

logger = logging.getLogger(__name__)

Clock = time.monotonic
CHUNK = 4096  # bytes
STOP, ASK = b"\0", b"\1"  # what a reader is called for


class Gone(EOFError):
    """A device is gone, and its source knows best what to say of it: `why` for a recording, the rest for people."""

    def __init__(self, why: str, template: str, **facts: str) -> None:
        super().__init__(why)
        self.template = template
        self.facts = facts


class Decoder(Protocol):
    """What the thread wants of a decoder besides feeding it."""

    @property
    def deadline(self) -> float | None:
        """When silence alone will mean something."""
        ...

    def tick(self, t: float) -> list[Event]:
        """Take notice that it is `t` and that nothing else had happened before."""
        ...

    def lost(self, t: float) -> list[Event]:
        """Take notice that the device is gone."""
        ...

    def ahead(self) -> Scan | None:
        """What a terminator would complete now, once for each character; None: nothing new, or too long to be asked."""
        ...


class Source(Protocol):
    """An open file that is read without waiting."""

    @property
    def decoder(self) -> Decoder:
        """What decodes the file."""
        ...

    def fileno(self) -> int:
        """Return the file descriptor to be waited for."""
        ...

    def read(self) -> list[Event]:
        """Read and decode what is there; raises OSError or EOFError when the device is gone."""
        ...


class BytesDecoder(Decoder, Protocol):
    """A decoder of what a file gives, as it comes."""

    def feed(self, t: float, data: bytes) -> list[Event]:
        """Take what was read at `t`."""
        ...


@dataclass(frozen=True, slots=True)
class ByteSource:
    """A file of bytes or of reports, stamped as they are read; the descriptor stays its opener's."""

    number: int
    decoder: BytesDecoder
    at_once: int = CHUNK  # bytes; where the file gives reports, one comes with each read
    heard: Heard | None = None  # is told what was read

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self.number

    def read(self) -> list[Event]:
        """Read and decode what is there; raises OSError or EOFError when the device is gone."""
        try:
            data = os.read(self.number, self.at_once)
        except BlockingIOError:  # woken for nothing
            return []
        if not data:
            raise EOFError("end of file")
        now = Clock()
        if self.heard is not None:
            self.heard(now, data)
        return self.decoder.feed(now, data)


class Reader(threading.Thread):
    """Reads one source until it is gone or the reader is stopped."""

    def __init__(self, source: Source, queue: EventQueue, tap: Tap | None = None) -> None:
        super().__init__(name=f"scanner {queue.device}", daemon=True)
        self._source = source
        self._queue = queue
        self._tap = tap
        self._called, self._call = os.pipe()
        self._answering = Answers()

    def run(self) -> None:
        """Read; every way out closes the queue, so that nobody waits for a dead thread."""
        device = self._queue.device
        try:
            self._read()
        except (OSError, EOFError) as error:  # ENODEV, EIO, end of file: all mean that the device is gone
            logger.info("scanner %s is gone: %s", device, error)
            now = Clock()
            if self._tap is not None:
                self._tap.line(Line(now, device, Lost(why_lost(error))))
            self._queue.put([*self._source.decoder.lost(now), _gone(device, error)])
        except Exception as error:
            logger.exception("scanner %s: the reader failed", device)
            text = N_("Reading scanner %(device)s failed and is begun anew: %(error)s")
            self._queue.put([Status(ScannerState.NOT_READABLE, device, text, {"device": device, "error": repr(error)})])
        finally:
            self._answering.end()
            self._queue.close()

    def _read(self) -> None:
        poller = select.poll()
        poller.register(self._source.fileno(), select.POLLIN)
        poller.register(self._called, select.POLLIN)
        while True:
            now = Clock()  # before the look: what happened until now is either seen below or did not happen
            ready = {number for number, _ in poller.poll(_milliseconds_until(self._source.decoder.deadline, now))}
            if self._called in ready:
                if STOP in os.read(self._called, CHUNK):
                    return
                self._answering.give()
                continue
            events = self._source.read() if ready else self._source.decoder.tick(now)
            if events:
                self._queue.put(events)
            elif ready and self._queue.looks_ahead and (scan := self._source.decoder.ahead()) is not None:
                self._queue.foresee(scan)

    def stop(self) -> None:
        """End the thread; it waits for nothing but its file, so this takes no time."""
        os.write(self._call, STOP)
        self.join()
        os.close(self._call)
        os.close(self._called)

    async def pulse(self) -> None:
        """Return when the thread has answered, or has ended. One that hangs answers never."""
        if (answer := self._answering.ask()) is not None:
            os.write(self._call, ASK)
            await answer


class Answers:
    """What the event loop has asked the thread; asked there, answered in the thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._asked: list[asyncio.Future[None]] = []
        self._ended = False

    def ask(self) -> asyncio.Future[None] | None:
        """Return what will be done when the thread has answered; None: it has ended and will not."""
        with self._lock:
            if self._ended:
                return None
            self._asked.append(answer := self._loop.create_future())
            return answer

    def give(self) -> None:
        """Answer all that was asked until now."""
        with self._lock:
            asked, self._asked = self._asked, []
        with suppress(RuntimeError):  # the loop is closed, nobody waits
            if asked:
                self._loop.call_soon_threadsafe(_answered, asked)

    def end(self) -> None:
        """Answer for the last time."""
        with self._lock:
            self._ended = True
        self.give()


def _answered(asked: Iterable[asyncio.Future[None]]) -> None:
    for answer in asked:
        if not answer.done():  # who asked may have given up
            answer.set_result(None)


@asynccontextmanager
async def reading(
    source: Source,
    device: str,
    first: Iterable[Event] = (),
    *,
    state: Status | None = None,
    tap: Tap | None = None,
) -> AsyncIterator[EventQueue]:
    """Read a source in its thread for the time of the context.

    The queue begins with the state, which is `ready` if none is given, and with what the opening itself found out
    (`first`). `tap` is told that the device is lost, and that it is there again.
    """
    queue = EventQueue(device)
    queue.put([state or Status(ScannerState.READY, device), *first])
    if tap is not None:
        tap.line(Line(Clock(), device, Back()))
    reader = Reader(source, queue, tap)
    queue.pulse = reader.pulse
    reader.start()
    try:
        yield queue
    finally:
        reader.stop()


def why_lost(error: OSError | EOFError) -> str:
    """Return the word that a recording has for it, such as ENODEV."""
    if isinstance(error, Gone):
        return str(error)
    return errno.errorcode.get(error.errno or 0, "EIO") if isinstance(error, OSError) else "EOF"


def _gone(device: str, error: Exception) -> Status:
    facts = {"device": device}
    if isinstance(error, Gone):
        return Status(ScannerState.ABSENT, device, error.template, facts | error.facts)
    text = N_("Scanner %(device)s is gone: unplugged, switched off or asleep.")
    return Status(ScannerState.ABSENT, device, text, facts)


def _milliseconds_until(deadline: float | None, now: float) -> int | None:
    if deadline is None:
        return None
    return int((deadline - now) * 1000) + 1 if deadline >= now else 0
