"""Carry out an example against a central, and say in what it differs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from kit.card_code import code_of
from kit.examples import Example
from kit.wire import Central, Terminal, Unexpected

LOOP = {"closing": "two_scan", "kind": "withdrawal", "quantity": 20, "lead_time_s": 14_400, "min_cycle_s": 3_600}
SIGNAL_STEPS = ("acknowledge", "start", "ready", "ship", "receive", "cancel", "release")
PATIENCE_S = 30.0


@dataclass(slots=True)
class Plant:
    """What the examples share at one central: two terminals, two locations, a loop for each set of settings."""

    central: Central
    run: str = field(default_factory=lambda: uuid4().hex[:8])
    terminals: dict[str, Terminal] = field(default_factory=dict)
    loops: dict[str, tuple[str, str]] = field(default_factory=dict)  # settings → id, part

    def begin(self) -> None:
        """Make what all examples need."""
        for name, kind in (("source", "supermarket"), ("destination", "line")):
            self.central.ask("POST", "/api/v1/locations", {"name": f"{name} {self.run}", "kind": kind})
        for name in ("line", "stores"):
            self.terminals[name] = Terminal(self.central, f"{name} {self.run}")
            self.terminals[name].deliver([self.terminals[name].scan(b"conformance begins", "lookup")])

    def loop(self, settings: dict[str, Any], *, own: bool) -> tuple[str, str]:
        """A loop with these settings; own: for one example that changes it."""
        key = json.dumps(settings, sort_keys=True)
        if own or key not in self.loops:
            part = f"{self.run}-{uuid4().hex[:8]}"
            self.central.ask("POST", "/api/v1/parts", {"number": part, "description": "of the conformance kit"})
            places = {"source": f"source {self.run}", "destination": f"destination {self.run}"}
            made = self.central.ask("POST", "/api/v1/loops", {**LOOP, **places, "part": part, **settings})
            self.loops["" if own else key] = (made["id"], part)
        return self.loops["" if own else key]


class Run:
    """One example at work."""

    def __init__(self, plant: Plant, example: Example) -> None:
        self.plant, self.central, self.example = plant, plant.central, example
        self.terminals = dict(plant.terminals)
        changes = any("change" in step for step in example.steps)
        self.loop_id, self.part = plant.loop(example.loop, own=changes)
        wish = {"loop_id": self.loop_id, "count": 1, "printed": True, **example.card}
        self.body: str = self.central.ask("POST", "/api/v1/cards", wish)["items"][0]["body"]
        self.scans: dict[str, tuple[str, dict[str, Any]]] = {}  # by label: at which terminal, and the scan
        self.first: dict[str, dict[str, Any]] = {}  # first answers, by scan id
        self.kept: dict[str, list[dict[str, Any]]] = {}  # made and not yet delivered, by terminal
        self.wrong: list[str] = []

    def carry_out(self) -> list[str]:
        """What differs from the example; nothing when central conforms."""
        try:
            for number, step in enumerate(self.example.steps, start=1):
                self._step(f"step {number}", step)
            self._compare()
        except Unexpected as error:
            self.wrong.append(str(error))
        return self.wrong

    def _step(self, where: str, step: dict[str, Any]) -> None:
        kind = next(iter(step))
        match kind:
            case "scan":
                self._scan(where, step)
            case "deliver":
                results = self.terminals[step["deliver"]].deliver(self.kept.pop(step["deliver"]))
                self._expect(where, step["outcomes"], results)
            case "again":
                at, scan = self.scans[step["again"]]
                (result,) = self.terminals[at].deliver([scan])
                self._expect(where, [step["outcome"]], [result])
                same = all(result[name] == self.first[scan["id"]][name] for name in ("message", "card", "signal"))
                self.wrong += [] if same else [f"{where}: expected the first answer again, got {result}"]
            case "altered":
                at, scan = self.scans[step["altered"]]
                self._expect(where, [step["outcome"]], self.terminals[at].deliver([{**scan, "intent": "receive"}]))
            case "person":
                self._person(step)
            case "decide":
                self._decide(where, step)
            case "change":
                self.central.ask("PATCH", f"/api/v1/loops/{self.loop_id}", step["change"])
            case "time":
                self._time_passes()
            case "terminal":
                self._terminal(step["terminal"], step["at"])

    def _scan(self, where: str, step: dict[str, Any]) -> None:
        at = step.get("at", "line")
        terminal, when = self.terminals[at], step.get("when", "now")
        more: dict[str, Any] = {}
        if "of" in step:
            more["target"] = self.scans[step["of"]][1]["id"] if step["of"] in self.scans else str(uuid4())
        if "twice_of" in step:
            more["duplicate_of"] = self.scans[step["twice_of"]][1]["id"]
        more |= {"local_outcome": step["shown"]} if "shown" in step else {}
        more |= {"quantity": step["quantity"]} if "quantity" in step else {}
        more |= {"boot_id": "", "boottime_ms": 0, "age_ms": None} if when == "unknown" else {}
        scan = terminal.scan(self._raw(step), step["scan"], **more)
        self.scans[step.get("as", where)] = (at, scan)
        if when == "kept":
            self.kept.setdefault(at, []).append(scan)
            return
        (result,) = terminal.deliver([scan], vaguely=when == "unknown")
        self.first[scan["id"]] = result
        self._expect(where, [step["outcome"]], [result])

    def _raw(self, step: dict[str, Any]) -> bytes:
        if "hex" in step:
            return bytes.fromhex(step["hex"])
        if "text" in step:
            return str(step["text"]).encode()
        return code_of(self.body, step.get("version", 1)).encode()

    def _person(self, step: dict[str, Any]) -> None:
        verb, refused = step["person"], step.get("refused", False)
        reason = {"reason": "conformance"}
        if verb in SIGNAL_STEPS:
            signal = self._signals("open")[0]["id"]
            self.central.ask("POST", f"/api/v1/signals/{signal}/{verb}", reason, refused=refused)
            return
        verb, _, cancel = verb.partition(" and ")
        path = f"/api/v1/cards/{self.body}/{ {'unhold': 'release'}.get(verb, verb) }"
        self.central.ask("POST", path, {**reason, "cancel": cancel == "cancel"} if cancel else reason, refused=refused)

    def _decide(self, where: str, step: dict[str, Any]) -> None:
        found = [one for one in self._reviews() if one["kind"] == step["about"]]
        if not found:
            self.wrong.append(f"{where}: expected a review {step['about']}, got none")
            return
        wish = {"decision": step["decide"], "note": "conformance"}
        path = f"/api/v1/reviews/{found[0]['id']}/decide"
        self.central.ask("POST", path, wish, refused=step.get("refused", False))

    def _time_passes(self) -> None:
        """Wait until the terminals can prove that what they scan now is later than all before."""
        begun = time.monotonic()
        while (time.monotonic() - begun) * 1000 <= 2 * self._doubt_ms() + 5:
            if time.monotonic() > begun + PATIENCE_S:
                raise Unexpected(f"central's clock is only known to {self._doubt_ms()} ms; no time can pass provably")
            for name, terminal in self.plant.terminals.items():
                if name not in self.kept:  # its sequence waits
                    terminal.deliver([terminal.scan(b"conformance: time passes", "lookup")])

    def _doubt_ms(self) -> int:
        return sum(terminal.doubt_ms for terminal in self.plant.terminals.values())

    def _terminal(self, what: str, name: str) -> None:
        match what:
            case "enrolled":
                self.terminals[name] = Terminal(self.central, f"{name} {self.plant.run}")
            case "revoked":
                self.central.ask("POST", f"/api/v1/terminals/{self.terminals[name].id}/revoke")
            case "started again":
                self.terminals[name].start_again()
            case "copied":
                self.terminals[name].start_again(copied=True)
            case _:
                raise Unexpected(f"a terminal is enrolled, revoked, started again or copied, not {what}")

    def _expect(self, where: str, outcomes: Iterable[str], results: list[dict[str, Any]]) -> None:
        got = [result["outcome"] for result in results]
        if list(outcomes) != got:
            said = "; ".join(result["message"] for result in results)
            self.wrong.append(f"{where}: expected {', '.join(outcomes)}; got {', '.join(got)} ({said})")

    def _signals(self, state: str) -> list[dict[str, Any]]:
        found = self.central.all("/api/v1/signals", state=state, part=self.part)
        return [one for one in found if one["card"].replace("-", "").startswith(self.body)]

    def _reviews(self) -> list[dict[str, Any]]:
        found = self.central.all("/api/v1/reviews")
        return [one for one in found if (one["card"] or "").replace("-", "").startswith(self.body)]

    def _compare(self) -> None:
        then = self.example.then
        opened = self._signals("open")
        found: dict[str, Any] = {
            "open": opened[0]["state"] if opened else "none",
            "past": [one["closed_how"] for one in reversed(self._signals("closed"))],
            "reviews": sorted(one["kind"] for one in self._reviews()),
            "card": self.central.ask("GET", f"/api/v1/cards/{self.body}")["state"],
        }
        wanted = {"open": "none", "past": [], "card": "active", **then, "reviews": sorted(then.get("reviews", []))}
        if opened and "opened_by" in then:
            found["opened_by"] = opened[0]["id"]
            wanted["opened_by"] = self.scans[then["opened_by"]][1]["id"]
        for name in found:
            if found[name] != wanted.get(name):
                self.wrong.append(f"afterwards: {name} expected {wanted.get(name)}, got {found[name]}")
        self.wrong += [f"afterwards: {len(opened)} open signals of one card"] if len(opened) > 1 else []
