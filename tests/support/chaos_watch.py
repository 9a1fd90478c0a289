"""Somebody who looks at a kiosk all the time and writes down what it has shown, scan by scan."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
from real_plant import Terminal

SILENCE_S = 20.0  # four beats without one: the connection is dead


@dataclass
class Seen:
    """One scan as the kiosk showed it, first to last."""

    id: str
    code: str
    shown: list[tuple[str, str, bool]] = field(default_factory=list)  # colour, outcome, pending
    ordered_ms: int | None = None  # wall clock when it was first green and no longer pending: central has it

    @property
    def green(self) -> bool:
        """Whether it was ever green."""
        return any(colour == "green" for colour, _outcome, _pending in self.shown)


class KioskWatch:
    """Follows the events of a terminal's kiosk page, over its kills and starts; closed by `close`."""

    def __init__(self, terminal: Terminal) -> None:
        self.seen: dict[str, Seen] = {}
        self.state: dict[str, Any] | None = None  # the newest; None while the terminal does not answer
        self.changed = threading.Condition()
        self._client = terminal.client(terminal.url)
        self._ended = False
        self._thread = threading.Thread(target=self._look, name=f"watch {terminal.url}")
        self._thread.start()

    def close(self) -> None:
        """Look away; the terminal must have ended, or its next beat is waited for."""
        self._ended = True
        self._thread.join()
        self._client.close()

    def until(self, found: Callable[[], Any], seconds: float) -> Any:
        """Return the first true answer of `found`, asked at every change; the last one when time is up."""
        with self.changed:
            return self.changed.wait_for(found, seconds)

    @property
    def online(self) -> bool:
        """Whether the terminal says that it reaches central."""
        return self.state is not None and self.state["central"]["state"] == "online"

    @property
    def greens(self) -> int:
        """How many scans were green."""
        return sum(seen.green for seen in list(self.seen.values()))

    @property
    def ready(self) -> bool:
        """Whether somebody may scan."""
        state = self.state
        return (
            state is not None
            and bool(state["scanners"])
            and all(scanner["state"] == "ready" for scanner in state["scanners"])
            and not any(alarm["stop"] for alarm in state["alarms"])
        )

    def _look(self) -> None:
        while not self._ended:
            try:
                for state in self._states():
                    self._note(state)
                    if self._ended:
                        return
            except httpx2.HTTPError:
                pass  # killed, or not yet there: look again
            with self.changed:
                self.state = None
                self.changed.notify_all()
                self.changed.wait(0.05)

    def _states(self) -> Iterator[dict[str, Any] | None]:
        """Each state; None for what only shows that the service lives."""
        with self._client.stream("GET", "/events", timeout=SILENCE_S) as answer:
            for line in answer.iter_lines():
                found = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                yield found if "scans" in found else None

    def _note(self, state: dict[str, Any] | None) -> None:
        if state is None:
            return
        with self.changed:
            self.state = state
            for entry in reversed([*([state["last"]] if state["last"] else []), *state["scans"]]):
                if entry["stored"]:
                    seen = self.seen.setdefault(entry["id"], Seen(entry["id"], entry["code"]))
                    what = (entry["colour"], entry["outcome"], entry["pending"])
                    if what not in seen.shown:
                        seen.shown.append(what)
                    if seen.ordered_ms is None and entry["colour"] == "green" and not entry["pending"]:
                        seen.ordered_ms = time.time_ns() // 10**6
            self.changed.notify_all()
