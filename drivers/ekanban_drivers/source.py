"""The reader's thread: one device, one thread, one decoder.

A keyboard's kernel buffer overflows after about ten unread keys, so nothing else may run where a device is read: not
the event loop, not a database. The thread sleeps until the device has something or silence means something.
"""

from __future__ import annotations

import asyncio
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
from ekanban_drivers.scanner import N_, Event, Scan, ScannerState, Status

logger = logging.getLogger(__name__)

Clock = time.monotonic
CHUNK = 4096  # bytes
STOP, ASK = b"\0", b"\1"  # what a reader is called for


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
        return self.decoder.feed(Clock(), data)


class Reader(threading.Thread):
    """Reads one source until it is gone or the reader is stopped."""

    def __init__(self, source: Source, queue: EventQueue) -> None:
        super().__init__(name=f"scanner {queue.device}", daemon=True)
        self._source = source
        self._queue = queue
        self._called, self._call = os.pipe()
        self._answering = Answers()

    def run(self) -> None:
        """Read; every way out closes the queue, so that nobody waits for a dead thread."""
        device = self._queue.device
        try:
            self._read()
        except (OSError, EOFError) as error:  # ENODEV, EIO, end of file: all mean that the device is gone
            logger.info("scanner %s is gone: %s", device, error)
            text = N_("Scanner %(device)s is gone: unplugged, switched off or asleep.")
            gone = Status(ScannerState.ABSENT, device, text, {"device": device})
            self._queue.put([*self._source.decoder.lost(Clock()), gone])
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
async def reading(source: Source, device: str, first: Iterable[Event] = ()) -> AsyncIterator[EventQueue]:
    """Read a source in its thread for the time of the context.

    The queue begins with the state `ready` and with what the opening itself found out (`first`).
    """
    queue = EventQueue(device)
    queue.put([Status(ScannerState.READY, device), *first])
    reader = Reader(source, queue)
    queue.pulse = reader.pulse
    reader.start()
    try:
        yield queue
    finally:
        reader.stop()


def _milliseconds_until(deadline: float | None, now: float) -> int | None:
    if deadline is None:
        return None
    return int((deadline - now) * 1000) + 1 if deadline >= now else 0
