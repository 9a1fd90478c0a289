"""Eight scanners at full speed, written to by one process: each sends the next code as soon as the last one is sent.

Four keyboard wedges at 1 ms polling, two serial lines at 9600 baud, two HID-POS scanners with a report every 10 ms.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import socket
import struct
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from ekanban_cli.bench import scanning
from ekanban_core.card_code import CardCode
from ekanban_drivers.evdev_driver import INPUT_EVENT

EV_SYN, EV_KEY, EV_MSC, SYN_DROPPED, SHIFT, ENTER = 0, 1, 4, 3, 42, 28
KERNEL_EVENTS = 64  # the buffer of one keyboard
POLL_S, BIT_S, REPORT_S = 0.001, 10 / 9600, 0.01
KEYS = {
    character: first + place
    for first, row in ((2, "1234567890"), (16, "QWERTYUIOP"), (27, "]"), (30, "ASDFGHJKL"), (44, "ZXCVBNM"))
    for place, character in enumerate(row)
}

Step = tuple[float, bytes, bool]  # seconds until the next, what to write, whether a code is whole with it


@dataclass(slots=True)
class Scanner:
    """One of the eight. `near`: what the terminal opens; `sent`: each code, and when its last event was written."""

    driver: str
    near: str
    write: Callable[[bytes], None]
    steps: Callable[[str], Iterator[Step]]
    name: str
    sent: list[tuple[str, float]] = field(default_factory=list)


def scanners(stack: ExitStack) -> list[Scanner]:
    """Make them, for as long as the stack lasts."""
    made = [_wedge(stack, f"wedge {number}") for number in range(4)]
    made += [_serial(stack, f"serial {number}") for number in range(2)]
    return made + [_reporter(stack, f"report {number}") for number in range(2)]


def feed(made: list[Scanner], first: int, seconds: float) -> int:
    """Let them all scan cards, from the number `first` on; returns the next number."""
    begin = time.monotonic()
    numbers = iter(range(first, 10**8))
    due: list[tuple[float, int, Iterator[Step]]] = [
        (begin + place * 0.0013, place, _codes(scanner, numbers, begin + seconds)) for place, scanner in enumerate(made)
    ]
    heapq.heapify(due)
    while due:
        at, place, steps = heapq.heappop(due)
        if (wait := at - time.monotonic()) > 0:
            time.sleep(wait)
        for pause, _data, _whole in steps:
            heapq.heappush(due, (max(at + pause, time.monotonic() - POLL_S), place, steps))
            break
    return next(numbers)


def _codes(scanner: Scanner, numbers: Iterator[int], end: float) -> Iterator[Step]:
    while time.monotonic() < end:
        text = "]C015K" + CardCode(f"{next(numbers):08d}", 1).text
        for step in scanner.steps(text):
            _pause, data, whole = step
            now = time.monotonic()
            scanner.write(data)
            if whole:
                scanner.sent.append((text, now))
            yield step


def _wedge(stack: ExitStack, name: str) -> Scanner:
    near, far = os.pipe2(os.O_NONBLOCK)
    stack.callback(os.close, near)
    stack.callback(os.close, far)

    return Scanner("wedge", str(near), _Keyboard(near, far).write, _typed, name)


@dataclass(slots=True)
class _Keyboard:
    """The kernel's buffer of a keyboard: what does not fit is thrown away, and the next that fits says so."""

    near: int
    far: int
    full: bool = False

    def write(self, data: bytes) -> None:
        waiting = struct.unpack("i", fcntl.ioctl(self.near, termios.FIONREAD, b"\0" * 4))[0]
        if waiting + len(data) >= KERNEL_EVENTS * INPUT_EVENT.size:
            self.full = True
            return
        if self.full:
            data = _stamped((EV_SYN, SYN_DROPPED, 0)) + data
        self.full = False
        os.write(self.far, data)


def _typed(text: str) -> Iterator[Step]:
    """A report each millisecond: a key down, with its Shift, and all keys up."""
    for character in text:
        shift = character.isalpha()
        yield POLL_S, _events(KEYS[character], 1, shift), False
        yield POLL_S, _events(KEYS[character], 0, shift), False
    yield POLL_S, _events(ENTER, 1, False), True
    yield POLL_S, _events(ENTER, 0, False), False


def _events(key: int, value: int, shift: bool) -> bytes:
    keys = [SHIFT, key] if shift else [key]
    return _stamped(*(event for one in keys for event in ((EV_MSC, 4, one), (EV_KEY, one, value))), (EV_SYN, 0, 0))


def _stamped(*events: tuple[int, int, int]) -> bytes:
    now = time.monotonic()
    return b"".join(INPUT_EVENT.pack(int(now), int(now % 1 * 1e6), *event) for event in events)


def _serial(stack: ExitStack, name: str) -> Scanner:
    far, device = stack.enter_context(scanning.line())

    def write(data: bytes) -> None:
        os.write(far, data)

    def steps(text: str) -> Iterator[Step]:
        for character in text + "\r":
            yield BIT_S, character.encode(), character == "\r"

    return Scanner("serial", device, write, steps, name)


def _reporter(stack: ExitStack, name: str) -> Scanner:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stack.callback(near.close)
    stack.callback(far.close)
    near.setblocking(False)

    def write(data: bytes) -> None:
        far.send(data)

    def steps(text: str) -> Iterator[Step]:
        code = text[3:].encode()
        report = bytes([2, len(code)]) + b"]C0" + code.ljust(56, b"\0") + bytes(3)
        yield REPORT_S, report, True

    return Scanner("reporter", str(near.fileno()), write, steps, name)
