"""A morning in a plant, told twice: once with true clocks, once while every wall clock jumps by hours and years.

What central answered, and what stands open and closed at the end, must be the same; see `Told`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fake_clock import FakeClock
from real_plant import Central, Service, Terminal, free_port, until

PACE_S = 0.5  # between two scans: what lies within a few milliseconds nobody can put in order, and a person decides
CARDS = 6  # three of a loop that closes by the next empty, three of one that closes by a receive scan
Jump = tuple[str, str, float]  # whose clock; hours or year; how much
TRUE: Mapping[str, tuple[Jump, ...]] = {}
WILD: Mapping[str, tuple[Jump, ...]] = {
    "before the first sign-in": (("central", "hours", 30),),
    "before enrolment": (("central", "hours", -4), ("here", "year", 1970), ("there", "year", 2099)),
    "bins are empty": (("central", "hours", 3),),
    "within the minimum cycle": (("central", "hours", 6), ("here", "hours", 5)),
    "after the receipt": (("central", "hours", -3), ("here", "hours", -5), ("there", "hours", 0)),
    "central is killed": (("central", "hours", 9), ("there", "hours", 200)),
    "central was started again": (("central", "hours", -9), ("there", "year", 2099)),
    "a terminal is killed": (("here", "year", 1970),),
    "at the end": (("central", "hours", -30), ("here", "hours", 7)),
}


@dataclass
class Told:
    """What came of it."""

    answers: list[tuple[str, str]] = field(default_factory=list)  # step, outcome at central
    signals: list[tuple[str, str]] = field(default_factory=list)  # card by its number, state


@dataclass
class Story:
    """The plant of the story; `jumps` by moment."""

    folder: Path
    jumps: Mapping[str, tuple[Jump, ...]]
    services: list[Service]
    told: Told = field(default_factory=Told)
    cards: list[str] = field(default_factory=list)
    scanned_s: float = 0.0  # monotonic, the last scan

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.clocks = {name: FakeClock(self.folder / f"{name}.clock") for name in ("central", "here", "there")}
        self.central = Central(self.folder / "central", free_port(), environment=self.clocks["central"].environment)
        self.here, self.there = self._terminal("here"), self._terminal("there")
        self.services += [self.central, self.here, self.there]

    def _terminal(self, name: str) -> Terminal:
        environment = self.clocks[name].environment
        # The story is told quicker than a hand scans: without a window no second scan of a card is a double read.
        return Terminal(self.folder / name, free_port(), f"Line {name}", "window_s = 0\n", environment)

    def tell(self) -> Told:
        """All of it."""
        self.begins()
        self.goes_on()
        self.central_is_killed()
        self.terminal_is_killed()
        self.moment("at the end")
        numbers = {code: f"card {number}" for number, code in enumerate(self.cards)}
        found = [*self.central.open_signals(), *self.central.get("/api/v1/signals", state="closed")["items"]]
        self.told.signals = sorted((numbers[signal["card"]], signal["state"]) for signal in found)
        return self.told

    def moment(self, name: str) -> None:
        """A moment at which clocks may jump."""
        for whose, how, much in self.jumps.get(name, ()):
            clock = self.clocks[whose]
            clock.year(int(much)) if how == "year" else clock.off(hours=much)

    def begins(self) -> None:
        """The first start, the first sign-in by the printed link, enrolment by a code of before the jump."""
        link = self.central.start()["sign_in"]
        self.moment("before the first sign-in")
        self.central.sign_in(link)
        self.cards = self.central.loop("CL-1", "Line 1", CARDS // 2, closing="one_scan")
        self.cards += self.central.loop("CL-2", "Line 2", CARDS // 2, closing="two_scan")
        codes = [self.central.post("/api/v1/terminals/codes", {"approved": True})["code"] for _ in range(2)]
        self.moment("before enrolment")
        for terminal, code in zip((self.here, self.there), codes, strict=True):
            terminal.enrol_by(self.central.url, code)
            terminal.start()
            until(lambda terminal=terminal: _online(terminal), "online")  # type: ignore[misc]  # bound now

    def goes_on(self) -> None:
        """Two terminals with the same cards; a minimum cycle that has not passed; a demand after a receipt."""
        self.moment("bins are empty")
        self.scan("here", 0)
        self.scan("here", 3)
        self.moment("within the minimum cycle")
        self.scan("there", 0)
        self.scan("there", 3, "receive")
        self.moment("after the receipt")
        self.scan("here", 3)
        self.scan("there", 1)
        self.scan("there", 3, "receive")

    def central_is_killed(self) -> None:
        """Scans are stored meanwhile."""
        self.moment("central is killed")
        self.central.kill()
        stored = self.there.scan(self.cards[4])
        self.moment("central was started again")
        self.central.start()
        self.answered("there", "4 empty, while central was away", stored["id"])
        self.scan("here", 4, "receive")
        self.scan("there", 1)

    def terminal_is_killed(self) -> None:
        """It comes back in the same boot, with another wall clock."""
        self.moment("a terminal is killed")
        self.here.kill()
        self.here.start()
        until(lambda: _online(self.here), "online")
        self.scan("here", 5)
        self.scan("there", 5, "receive")
        self.scan("here", 2)

    def scan(self, where: str, card: int, intent: str = "empty") -> None:
        """Scan a card, no sooner than a hand can, and wait for central's answer."""
        until(lambda: time.monotonic() - self.scanned_s > PACE_S, "a hand scans again")
        scanned = getattr(self, where).scan(self.cards[card], intent=intent)
        self.answered(where, f"{card} {intent} {where}", scanned["id"])

    def answered(self, where: str, step: str, scan_id: str) -> None:
        """Note central's answer to a scan, the terminal's last."""
        terminal: Terminal = getattr(self, where)
        last: dict[str, Any] = until(lambda: _answered(terminal, scan_id), f"an answer to {step}", 30)
        self.told.answers.append((step, last["outcome"]))
        self.scanned_s = time.monotonic()


def _answered(terminal: Terminal, scan_id: str) -> dict[str, Any] | None:
    last = terminal.status()["last"]
    return last if last and last["id"] == scan_id and not last["pending"] else None


def _online(terminal: Terminal) -> bool:
    status = terminal.status()
    return status["central"]["state"] == "online" and bool(status["register"]["loaded"])
