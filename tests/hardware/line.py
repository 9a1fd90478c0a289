"""Line 4: a guest with a keyboard scanner, a serial one and a HID-POS one, whose terminal belongs to a central."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hid_scanner import described, reports
from real_plant import Central

from hardware.guest import Guest
from hardware.product import KEYBOARD, POS, SERIAL, TerminalInGuest, outcomes
from hardware.usb import KeyboardScanner, SerialScanner

CARDS = 60


class PosScanner:
    """A HID-POS scanner, made in the guest by its kernel's uhid; it comes in by no USB port of QEMU's."""

    def __init__(self, guest: Guest, serial: str) -> None:
        self._guest = guest
        self._serial = serial

    def plug(self, port: int = 1) -> None:
        """Plug it in."""
        self._guest.do("hid_plug", serial=self._serial, descriptor=described().hex(), port=f"uhid/{port}")

    def unplug(self) -> None:
        """Pull it out."""
        self._guest.do("hid_unplug", serial=self._serial)

    def scan(self, code: str) -> None:
        """Send a code, in one report."""
        self._send(reports(code.encode()))

    def begin(self, code: str) -> None:
        """Send the first of two reports of a code."""
        self._send(reports(code.encode(), cuts=[len(code) // 2])[:1])

    def _send(self, data: list[bytes]) -> None:
        self._guest.do("hid_send", serial=self._serial, reports=[report.hex() for report in data])


class Keyboard(KeyboardScanner):
    """Begins a code and does not end it."""

    def begin(self, code: str) -> None:
        """Type the first half."""
        self.type(code[: len(code) // 2])


class Serial(SerialScanner):
    """Begins a code and does not end it."""

    def begin(self, code: str) -> None:
        """Send the first half."""
        self.send(code[: len(code) // 2].encode())


Scanner = Keyboard | Serial | PosScanner


@dataclass
class Line:
    """The guest, its terminal and its scanners."""

    guest: Guest
    central: Central

    def __post_init__(self) -> None:
        self.terminal = TerminalInGuest(self.guest)
        self.scanners: dict[str, Scanner] = {
            "keyboard": Keyboard(self.guest, KEYBOARD),
            "serial": Serial(self.guest, SERIAL),
            "pos": PosScanner(self.guest, POS),
        }
        self.cards: Iterator[str] = iter(())

    def begin(self) -> None:
        """Start the terminal, plug its scanners in, enrol it, and make cards for it.

        In this order, for the kernel loads the modules for USB serial lines and HID devices only now.
        """
        self.cards = iter(self.central.loop("HX-4711", "Line 4", CARDS))
        self.terminal.start()
        for port, scanner in enumerate(self.scanners.values(), start=1):
            scanner.plug(port)
        self.terminal.enrol(self.central.post("/api/v1/terminals/codes", {"approved": True})["code"])
        self.terminal.until(self.is_ready, "scanners ready, central online, register loaded")

    def is_ready(self) -> bool:
        """Whether a scan of any scanner is ordered at once."""
        answer = self.terminal.ask("GET", "/api/v1/status")
        if answer["status"] != 200:
            return False
        status: dict[str, Any] = answer["body"]
        return (
            {scanner["state"] for scanner in status["scanners"]} == {"ready"}
            and status["central"]["state"] == "online"
            and bool(status["register"]["loaded"])
        )

    def outcomes(self) -> dict[str, int]:
        """How many scans central has taken in, by their first answer."""
        assert self.central.api is not None
        return outcomes(self.central.api.get("/metrics").text)

    def open_cards(self) -> list[str]:
        """The cards with an open signal; one that had two would stand here twice."""
        return [signal["card"] for signal in self.central.open_signals()]

    def newest(self) -> int:
        """The number of the newest scan in the terminal's journal."""
        stored = self.guest.do("journal")
        return int(stored[-1]["n"]) if stored else 0

    def node(self, name: str) -> str:
        """Where a scanner is now."""
        if name == "pos":
            found: str = self.guest.do("hidraw_of", serial=POS)
            return found
        links = {"keyboard": f"input/by-id/*{KEYBOARD}-event-kbd", "serial": f"serial/by-id/*{SERIAL}*"}
        return self.guest.shell(f"readlink -f /dev/{links[name]}")

    def complaints(self, names: list[str]) -> list[str]:
        """What the guest's log says of these files, with the line that it does not like."""
        log = self.guest.shell("journalctl --boot --no-pager --output=short-monotonic").splitlines()
        return [text for text in log if any(f"/{name}:" in text for name in names)]

    def restarts(self) -> int:
        """How often systemd has started the service again by itself."""
        return int(self.terminal.shown("NRestarts")["NRestarts"])

    def offline(self) -> None:
        """Cut the guest's way to central."""
        self.guest.shell("networkctl down $(ls -d /sys/class/net/e* | xargs -n1 basename)")

    def online(self) -> None:
        """Mend it."""
        self.guest.shell("networkctl up $(ls -d /sys/class/net/e* | xargs -n1 basename)")
