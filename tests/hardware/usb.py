"""USB devices of a guest: a keyboard scanner, typed by QMP, and a scanner on a serial line, plugged in and out."""

from __future__ import annotations

import select
import socket

from hardware.guest import Guest

QCODES = {"\n": "ret", "\t": "tab", "-": "minus", " ": "spc", "/": "slash", ".": "dot", ",": "comma"}
BEL = b"\a"


class KeyboardScanner:
    """QEMU's USB keyboard, which knows a US layout; `port`: of the guest's USB controller."""

    def __init__(self, guest: Guest, serial: str, name: str = "kbd") -> None:
        self._guest = guest
        self._serial = serial
        self._name = name
        self._sent = 0  # reports since it was plugged in

    def plug(self, port: int = 1) -> None:
        """Plug it in; returns when the guest has it."""
        which = {"id": self._name, "serial": self._serial}
        self._guest.qmp("device_add", driver="usb-kbd", bus="xhci.0", port=str(port), **which)
        self._guest.do("watch_reports", serial=self._serial)
        self._sent = 0

    def unplug(self) -> None:
        """Pull it out; returns when the guest has seen it."""
        self._guest.qmp("device_del", id=self._name)
        self._guest.qmp.wait_for("DEVICE_DELETED")
        self._guest.do("hidraw_gone", serial=self._serial)

    def type(self, text: str) -> None:
        """Type as a scanner does, only slower: QEMU's keyboard loses keys that the guest does not fetch in time."""
        for character in text:
            keys = [QCODES.get(character, character.lower())]
            if character.isupper():
                keys.insert(0, "shift")
            self._send(keys, down=True)
            self._send(keys[::-1], down=False)
            came = self._guest.do("wait_for_reports", serial=self._serial, count=self._sent)
            assert came == self._sent, f"{character!r}: {came} reports of {self._sent} came to the guest"

    def scan(self, code: str) -> None:
        """Type a code and Enter."""
        self.type(code + "\n")

    def _send(self, keys: list[str], down: bool) -> None:
        events = [{"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": key}}} for key in keys]
        self._guest.qmp("input-send-event", events=events)
        self._sent += len(keys)


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
