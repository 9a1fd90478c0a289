"""What the agent can do in the guest; each function's arguments and answer go through JSON."""

from __future__ import annotations

import errno
import fcntl
import glob
import http.client
import json
import os
import sqlite3
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

EVIOCGRAB = 0x40044590  # linux/input.h
UHID_CREATE2, UHID_DESTROY, UHID_INPUT2 = 11, 1, 12  # linux/uhid.h
HID_MAX = 4096  # bytes of a descriptor or a report

_plugged: dict[str, int] = {}
_watched: dict[str, Watch] = {}


def shell(command: str, seconds: float = 120) -> dict[str, Any]:
    """Run a command; both its outputs together."""
    done = subprocess.run(  # noqa: S602  # the tests write the commands
        command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=seconds, check=False, errors="replace",
    )  # fmt: skip
    return {"code": done.returncode, "out": done.stdout}


def http_ask(method: str, path: str, body: Any = None, port: int = 8001) -> dict[str, Any]:
    """Ask the terminal in the guest; a status of 0: nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        data = json.dumps(body) if body is not None else None
        connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
        answer = connection.getresponse()
        text = answer.read().decode()
        return {"status": answer.status, "body": json.loads(text) if text.startswith(("{", "[")) else text}
    except OSError as error:
        return {"status": 0, "body": str(error)}
    finally:
        connection.close()


def journal(after: int = 0, file: str = "/var/lib/ekanban/terminal/journal.sqlite") -> list[dict[str, Any]]:
    """What the terminal has stored and shown for it, with its number, behind a number."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as connection:
        rows = connection.execute("SELECT n, shown FROM scan WHERE n > ? ORDER BY n", (after,)).fetchall()
    return [{"n": number, **json.loads(shown)} for number, shown in rows]


def write(path: str, text: str) -> None:
    """Write a file."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def read_screen() -> str:
    """What stands on the first text console."""
    with open("/dev/vcs1", "rb") as file:
        return file.read().decode("latin-1")


def grab(path: str) -> str:
    """Try to get an input device for oneself; the name of the error, empty: it was free (and is again)."""
    number = os.open(path, os.O_RDWR)
    try:
        fcntl.ioctl(number, EVIOCGRAB, 1)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    finally:
        os.close(number)
    return ""


def hid_plug(serial: str, descriptor: str, port: str, name: str = "ACME HID-POS", product: int = 0x1300) -> None:
    """Plug a HID device in, by its report descriptor (hexadecimal)."""
    data = bytes.fromhex(descriptor)
    number = os.open("/dev/uhid", os.O_RDWR)
    created = struct.pack(
        f"<I128s64s64sHHIIII{HID_MAX}s", UHID_CREATE2, name.encode(), port.encode(), serial.encode(),
        len(data), 3, 0x05E0, product, 0x100, 0, data,
    )  # fmt: skip
    os.write(number, created)
    _plugged[serial] = number


def hid_send(serial: str, reports: list[str]) -> None:
    """Send reports (hexadecimal)."""
    for report in reports:
        data = bytes.fromhex(report)
        os.write(_plugged[serial], struct.pack(f"<IH{HID_MAX}s", UHID_INPUT2, len(data), data))


def hid_unplug(serial: str) -> None:
    """Pull it out."""
    number = _plugged.pop(serial)
    os.write(number, struct.pack("<I", UHID_DESTROY))
    os.close(number)


def hidraw_of(serial: str, seconds: float = 60) -> str:
    """Wait for the HID device of this serial number; its node."""
    return _until(lambda: _hidraw(serial), seconds, f"{serial} to be there")


def hidraw_gone(serial: str, seconds: float = 60) -> None:
    """Wait until the kernel has no HID device of this serial number any more."""
    _until(lambda: "" if _hidraw(serial) else "gone", seconds, f"{serial} to be gone")


def _hidraw(serial: str) -> str:
    for said in glob.glob("/sys/class/hidraw/*/device/uevent"):
        with suppress(OSError), open(said) as file:  # gone meanwhile
            if f"HID_UNIQ={serial}\n" in file.read():
                return f"/dev/{said.split('/')[4]}"
    return ""


def _until(found: Callable[[], str], seconds: float, what: str) -> str:
    end = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)
    return answer


def watch_reports(serial: str) -> None:
    """Begin to count what a HID device sends; a grab of its keys does not keep its reports from us."""
    _watched[serial] = Watch(os.open(hidraw_of(serial), os.O_RDONLY))


def wait_for_reports(serial: str, count: int, seconds: float = 60) -> int:
    """Wait until so many have come since the watch began; how many there are."""
    return _watched[serial].wait(count, seconds)


class Watch:
    """Counts the reports of one device until it is gone."""

    def __init__(self, number: int) -> None:
        self._count = 0
        self._came = threading.Condition()
        threading.Thread(target=self._read, args=(number,), daemon=True).start()

    def wait(self, count: int, seconds: float) -> int:
        with self._came:
            self._came.wait_for(lambda: self._count >= count, seconds)
            return self._count

    def _read(self, number: int) -> None:
        with suppress(OSError):  # unplugged
            while os.read(number, HID_MAX):
                with self._came:
                    self._count += 1
                    self._came.notify_all()
        os.close(number)


def wait_for(path: str, seconds: float = 60) -> str:
    """Wait until a path is there; what a link points to."""
    return _until(lambda: os.path.realpath(path) if os.path.exists(path) else "", seconds, path)


def open_as_member(path: str) -> str:
    """Try to open a device as nobody who is in the device's group; the error's name, empty: it could be opened."""

    def become() -> None:
        os.setgroups([os.stat(path).st_gid])
        os.setuid(65534)

    return _open_after(become, path)


def open_under(unit: str, path: str) -> str:
    """The same as root among the processes of a unit, whose device rules then hold."""

    def become() -> None:
        with open(f"/sys/fs/cgroup/system.slice/{unit}/cgroup.procs", "w") as group:
            group.write(str(os.getpid()))

    return _open_after(become, path)


def _open_after(become: Callable[[], None], path: str) -> str:
    """In a process of its own, for what it becomes it stays."""
    read, write = os.pipe()
    if child := os.fork():
        os.close(write)
        with os.fdopen(read) as answer:
            said = answer.read()
        os.waitpid(child, 0)
        return said
    try:
        become()
        os.write(write, _opening(path).encode())
    except Exception as error:
        os.write(write, repr(error).encode())
    finally:
        os._exit(0)


def _opening(path: str) -> str:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return ""
