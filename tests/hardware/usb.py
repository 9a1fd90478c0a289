"""USB devices of a guest: a keyboard scanner, typed by QMP, and a scanner on a serial line, plugged in and out."""

from __future__ import annotations

import select
import socket
import time

from hardware.guest import Guest

KEY_S = 0.02  # between two keys; QEMU's keyboard loses them when they come faster
QCODES = {"\n": "ret", "\t": "tab", "-": "minus", " ": "spc", "/": "slash", ".": "dot", ",": "comma"}
BEL = b"\a"


class KeyboardScanner:
    """QEMU's USB keyboard, which knows a US layout; `port`: of the guest's USB controller."""

    def __init__(self, guest: Guest, serial: str, name: str = "kbd") -> None:
        self._guest = guest
        self._serial = serial
        self._name = name

    def plug(self, port: int = 1) -> None:
        """Plug it in."""
        self._guest.qmp(
            "device_add", driver="usb-kbd", id=self._name, bus="xhci.0", port=str(port), serial=self._serial
        )

    def unplug(self) -> None:
        """Pull it out."""
        self._guest.qmp("device_del", id=self._name)
        self._guest.qmp.wait_for("DEVICE_DELETED")

    def type(self, text: str) -> None:
        """Type as a scanner does, only slower."""
        for character in text:
            keys = [QCODES.get(character, character.lower())]
            if character.isupper():
                keys.insert(0, "shift")
            self._send(keys, down=True)
            self._send(keys[::-1], down=False)

    def scan(self, code: str) -> None:
        """Type a code and Enter."""
        self.type(code + "\n")

    def _send(self, keys: list[str], down: bool) -> None:
        events = [{"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": key}}} for key in keys]
        self._guest.qmp("input-send-event", events=events)
        time.sleep(KEY_S / 2)  # the keyboard's own pace, which nothing tells


class SerialScanner:
    """QEMU's USB serial line, on which a scanner sends codes and hears beeps."""

    def __init__(self, guest: Guest, serial: str) -> None:
        self._guest = guest
        self._serial = serial

    @property
    def _line(self) -> socket.socket:
        return self._guest.serial

    def plug(self, port: int = 2) -> None:
        """Plug it in."""
        self._guest.qmp(
            "device_add", driver="usb-serial", id="serial", bus="xhci.0", port=str(port), serial=self._serial,
            chardev="usbserial",
        )  # fmt: skip

    def unplug(self) -> None:
        """Pull it out."""
        self._guest.qmp("device_del", id="serial")
        self._guest.qmp.wait_for("DEVICE_DELETED")

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._line.sendall(data)

    def scan(self, code: str) -> None:
        """Send a code and CR."""
        self.send(code.encode() + b"\r")

    def heard(self, seconds: float) -> bytes:
        """What came within this time, as soon as something did; empty: nothing, or the other end is gone."""
        if not select.select([self._line], [], [], seconds)[0]:
            return b""
        return self._line.recv(4096)
