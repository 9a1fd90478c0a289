"""A terminal with a printer of its own, as central sees it: it asks for versions and reports what it printed."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
from security_world import START_MS, Device, World

from ekanban_core.card_code import CardCode
from ekanban_core.wire import (
    CardPrint,
    EpochMessage,
    MissingReportAnswer,
    MissingResult,
    PrintReportAnswer,
    PrintResult,
    ReserveAnswer,
    ScanAnswer,
    ScanResult,
)

BOOTED_MS = START_MS - 60_000  # on central's clock


def fresh_id() -> str:
    return str(UUID(bytes=os.urandom(16), version=4))


@dataclass
class PrintingTerminal:
    """One boot, one epoch after the other; `reserves` is what it may print."""

    device: Device
    epoch: EpochMessage = field(default_factory=lambda: EpochMessage(epoch=fresh_id()))
    seq: int = 0
    reserves: dict[str, int] = field(default_factory=dict)
    contact: dict[str, Any] = field(
        default_factory=lambda: {"at_ms": START_MS, "boot_id": "boot", "boottime_ms": 60_000}
    )

    @classmethod
    def enrolled(cls, world: World) -> PrintingTerminal:
        return cls(world.terminal())

    @property
    def id(self) -> str:
        return self.device.id

    def restart(self) -> None:
        """Begin a new epoch that names the one before."""
        self.epoch = EpochMessage(epoch=fresh_id(), previous=self.epoch.epoch, previous_seq=self.seq)
        self.seq = 0

    def ask(self, *bodies: str, **more: Any) -> ReserveAnswer:
        """Ask for versions, and keep them."""
        answer = ReserveAnswer.model_validate_json(self.asked(*bodies, **more).raise_for_status().content)
        self.reserves = {one.body: one.print_version for one in answer.reserves}
        return answer

    def asked(self, *bodies: str, **more: Any) -> httpx2.Response:
        held = [CardPrint(body=body, print_version=version).model_dump() for body, version in self.reserves.items()]
        return self.post("prints/reserve", {"bodies": list(bodies), "held": held, **more})

    def report(self, *reports: dict[str, Any]) -> list[PrintResult]:
        answer = self.post("prints/report", {"reports": list(reports)}).raise_for_status()
        self.device.believe(answer)
        return PrintReportAnswer.model_validate_json(answer.content).results

    def told(self, *reports: dict[str, Any], rebooted: bool = False) -> list[MissingResult]:
        """Tell of bins without a card."""
        now = self.device.world.clock.now_ms - BOOTED_MS
        sent = {"boot_id": "next", "boottime_ms": 1} if rebooted else {"boot_id": "boot", "boottime_ms": now}
        content = {"reports": list(reports), "contact": self.contact, **sent}
        answer = self.post("prints/missing", content).raise_for_status()
        self.device.believe(answer)
        return MissingReportAnswer.model_validate_json(answer.content).results

    def missing(self, body: str, **more: Any) -> dict[str, Any]:
        """A bin without a card, reported just now and not yet told."""
        now = self.device.world.clock.now_ms - BOOTED_MS
        return {
            "id": fresh_id(), "body": body, "print_version": 1, "reported_at": "2026-06-01T08:00:00.000Z",
            "boot_id": "boot", "boottime_ms": now, "age_ms": 0, **more,
        }  # fmt: skip

    def aged(self, report: dict[str, Any]) -> dict[str, Any]:
        """The same, to be told now."""
        return {**report, "age_ms": self.device.world.clock.now_ms - BOOTED_MS - report["boottime_ms"]}

    def print_of(self, body: str, version: int, end: str = "printed", **more: Any) -> dict[str, Any]:
        """A report, not yet sent."""
        return {
            "id": fresh_id(), "body": body, "print_version": version, "reason": "lost", "end": end,
            "printer": "label printer", "boot_id": "boot", "boottime_ms": 5_000, "age_ms": 0, **more,
        }  # fmt: skip

    def scan(self, body: str, version: int = 1, intent: str = "empty", age_ms: int = 0) -> ScanResult:
        """Read one print of a card here, and hear central's answer."""
        return self.read(CardCode(body, version).text.encode(), intent, age_ms)

    def read(self, raw: bytes, intent: str = "empty", age_ms: int = 0) -> ScanResult:
        """Read whatever it is."""
        self.seq += 1
        text, now = base64.b64encode(raw).decode(), self.device.world.clock.now_ms - BOOTED_MS
        scan = {
            "id": fresh_id(), "epoch": self.epoch.epoch, "seq": self.seq, "raw": text, "scanner": "s",
            "intent": intent, "boot_id": "boot", "boottime_ms": now - age_ms, "age_ms": age_ms,
        }  # fmt: skip
        batch = {
            "version": 1,
            "terminal": self.id,
            "scans": [scan],
            "epochs": [self.epoch.model_dump()],
            "boot_id": "boot",
            "boottime_ms": now,
            "contact": self.contact,
        }
        answer = self.device.send("POST", "/api/v1/scans", body=json.dumps(batch).encode()).raise_for_status()
        told = ScanAnswer.model_validate_json(answer.content)
        self.contact = {"at_ms": told.at_ms, "boot_id": "boot", "boottime_ms": now}
        return told.results[0]

    def post(self, path: str, content: dict[str, Any]) -> httpx2.Response:
        message = {"version": 1, "terminal": self.id, "epoch": self.epoch.model_dump(), **content}
        return self.device.send("POST", f"/api/v1/terminals/{path}", body=json.dumps(message).encode())
