"""The process that holds a umockdev test bed: calls come as JSON lines on stdin, answers go to stdout.

A process of its own, because umockdev must be preloaded where udev events are sent, and whoever has it preloaded sees
the bed instead of the real /dev. Started by umock_scanner.py.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import sys
import tempfile
from pathlib import Path
from typing import Any


class Bed:
    """umockdev's test bed, as far as scanners need it."""

    def __init__(self) -> None:
        self._library = _library()
        self._bed = ctypes.c_void_p(self._library.umockdev_testbed_new())
        self._root = Path(self._library.umockdev_testbed_get_root_dir(self._bed).decode())

    def root(self) -> str:
        """Return the folder that holds the bed's /dev and /sys."""
        return str(self._root)

    def add(self, description: str) -> None:
        """Plug in devices."""
        if not self._library.umockdev_testbed_add_from_string(self._bed, description.encode(), None):
            raise ValueError(f"umockdev refused {description}")

    def ioctls(self, node: str, answers: str) -> None:
        """Say what a device answers."""
        with tempfile.NamedTemporaryFile("w", suffix=".ioctl") as file:
            file.write(f"@DEV {node}\n{answers}")
            file.flush()
            if not self._library.umockdev_testbed_load_ioctl(self._bed, node.encode(), file.name.encode(), None):
                raise ValueError(f"umockdev refused {answers}")

    def uevent(self, folder: str, action: str) -> None:
        """Tell udev's listeners what happened to a device."""
        self._library.umockdev_testbed_uevent(self._bed, folder.encode(), action.encode())

    def send(self, node: str, data: str) -> None:
        """Have a device give these bytes (hexadecimal)."""
        content = bytes.fromhex(data)
        while content:
            content = content[os.write(self._end(node), content) :]

    def receive(self, node: str, count: int) -> str:
        """Return what a device was sent (hexadecimal); raises TimeoutError after ten seconds without a byte."""
        content = b""
        while len(content) < count:
            if not select.select([self._end(node)], [], [], 10)[0]:
                raise TimeoutError(f"{node}: expected {count} bytes, got {content!r}")
            content += os.read(self._end(node), count - len(content))
        return content.hex()

    def unplug(self, node: str, folder: str, alias: str) -> None:
        """Take a device away and hang up on whoever reads it."""
        end = self._end(node)
        terminal = os.readlink(self._root / node.lstrip("/"))
        self._library.umockdev_testbed_uevent(self._bed, folder.encode(), b"remove")
        self._library.umockdev_testbed_remove_device(self._bed, folder.encode())
        # umockdev forgets neither the by-id link nor the number of the pseudo-terminal, which the next device may get.
        (self._root / "dev" / ".ptymap" / terminal.replace("/", "_")).unlink(missing_ok=True)
        if alias:
            (self._root / alias.lstrip("/")).unlink(missing_ok=True)
        nowhere = os.open("/dev/null", os.O_RDWR)
        os.dup2(nowhere, end)  # hang up; umockdev closes the descriptor itself
        os.close(nowhere)

    def _end(self, node: str) -> int:
        return int(self._library.umockdev_testbed_get_dev_fd(self._bed, node.encode()))

    def close(self) -> None:
        """Remove everything."""
        ctypes.CDLL("libgobject-2.0.so.0").g_object_unref(self._bed)


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libumockdev.so.0")
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for name, result, arguments in (
        ("new", pointer, []),
        ("get_root_dir", text, [pointer]),
        ("add_from_string", ctypes.c_int, [pointer, text, pointer]),
        ("load_ioctl", ctypes.c_int, [pointer, text, text, pointer]),
        ("get_dev_fd", ctypes.c_int, [pointer, text]),
        ("uevent", None, [pointer, text, text]),
        ("remove_device", None, [pointer, text]),
    ):
        function = getattr(library, f"umockdev_testbed_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def main() -> None:
    """Answer calls until stdin ends."""
    bed = Bed()
    try:
        for line in sys.stdin:
            call: dict[str, Any] = json.loads(line)
            print(json.dumps(getattr(bed, call.pop("call"))(**call)), flush=True)
    finally:
        bed.close()


if __name__ == "__main__":
    main()
