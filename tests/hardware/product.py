"""The product as it lies in the guest: the Debian package, its service, its settings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from real_plant import until

from hardware.guest import CENTRAL, Guest
from hardware.image import HOUSE

T = TypeVar("T")

POLL_S = 0.25  # each question takes the guest's time, which is slow
UNIT = "ekanban-terminal.service"
KEYBOARD, SERIAL, POS = "SCAN0001", "SERI0001", "POS00001"  # serial numbers of the three scanners
SETTINGS = f"""\
name = "Line 4"
log_level = "warning"

[[scanners]]
name = "keyboard"
driver = "evdev"
device = "sn:{KEYBOARD}"
profile = "/etc/ekanban/keyboard.toml"

[[scanners]]
name = "serial"
driver = "serial"
device = "sn:{SERIAL}"
profile = "/etc/ekanban/serial.toml"

[[scanners]]
name = "pos"
driver = "hidpos"
device = "sn:{POS}"
profile = "/etc/ekanban/pos.toml"
"""
# As ekanban ships them, but for gaps: a machine that is busy stops in the middle of a code.
PROFILES = {
    "keyboard": 'layout = "us"\nterminators = ["enter"]\ngap_ms = 60000\n',
    "serial": 'terminators = ["cr", "lf"]\ngap_ms = 60000\nfeedback = "bel"\n',
    "pos": "gap_ms = 60000\n",
}
# QEMU's keyboard calls itself none; a plant names its scanner as the package's own rules say.
RULE = 'SUBSYSTEM=="input|hidraw|tty", ATTRS{idVendor}=="0627", ATTRS{serial}=="SCAN0001", ENV{EKANBAN_SCANNER}="1"\n'
# The unit's 90 s, which a slow disk may take, are only waiting here.
SOONER = "[Service]\nWatchdogSec=30\n"


def package() -> Path:
    """The built terminal's package; fails when there is none."""
    found = sorted(
        (HOUSE / "build" / "deb").glob("ekanban-terminal_*_amd64.deb"), key=lambda file: file.stat().st_mtime
    )
    assert found, "no package in build/deb: make deb"
    return found[-1]


def install(guest: Guest, deb: str) -> None:
    """Install the package with dpkg, and the settings of this plant; the service stays for the tests to start."""
    guest.shell(f"DEBIAN_FRONTEND=noninteractive dpkg --install --force-confold /payload/{deb}", seconds=600)
    guest.do("write", path="/etc/ekanban/terminal.toml", text=SETTINGS)
    for name, profile in PROFILES.items():
        guest.do("write", path=f"/etc/ekanban/{name}.toml", text=profile)
    guest.do("write", path="/etc/udev/rules.d/61-scanners.rules", text=RULE)
    guest.do("write", path=f"/etc/systemd/system/{UNIT}.d/sooner.conf", text=SOONER)
    guest.shell(f"systemctl disable --now {UNIT}")


class TerminalInGuest:
    """The terminal's service in a guest."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest

    def start(self) -> None:
        """Start the service and wait until it takes scans."""
        self.guest.shell(f"systemctl start {UNIT}", seconds=240)
        self.until(lambda: self.ask("GET", "/readyz")["status"] == 200, "the terminal is ready")

    def stop(self) -> None:
        """End it."""
        self.guest.shell(f"systemctl stop {UNIT}")

    def enrol(self, code: str) -> None:
        """Type a code of central at this terminal, as the service's account."""
        account = self.shown("User")["User"]
        self.guest.shell(f"runuser -u {account} -- ekanban terminal enroll {CENTRAL} {code}", seconds=240)

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Ask its API; `status` and `body`."""
        answer: dict[str, Any] = self.guest.do("http_ask", method=method, path=path, body=body)
        return answer

    def status(self) -> dict[str, Any]:
        """How it stands."""
        answer = self.ask("GET", "/api/v1/status")
        assert answer["status"] == 200, answer
        body: dict[str, Any] = answer["body"]
        return body

    def scanners(self) -> dict[str, str]:
        """The scanners' states, by name; empty: nobody answers."""
        answer = self.ask("GET", "/api/v1/status")
        return {one["name"]: one["state"] for one in answer["body"]["scanners"]} if answer["status"] == 200 else {}

    def shown(self, *properties: str) -> dict[str, str]:
        """What systemd says of the unit."""
        wanted = " ".join(f"-p {name}" for name in properties)
        lines = self.guest.shell(f"systemctl show {UNIT} {wanted}").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def until(self, found: Callable[[], T], what: str, seconds: float = 240) -> T:
        """Wait for a condition, on a machine that is slow; fails with what the service's log says."""
        try:
            return until(found, what, seconds, every=POLL_S)
        except AssertionError as error:
            log = self.guest.shell(f"journalctl -u {UNIT} --no-pager -n 60 -o cat", code=None)
            raise AssertionError(
                f"{error}\n{log}\n{json.dumps(self.ask('GET', '/api/v1/status'), indent=1)}"
            ) from error


def outcomes(metrics: str) -> dict[str, int]:
    """How many scans central has taken in, by their first answer, from its /metrics."""
    return {
        found[1]: int(float(found[2]))
        for found in re.finditer(r'^ekanban_scans_total\{outcome="(\w+)"\} (\S+)$', metrics, re.MULTILINE)
    }
