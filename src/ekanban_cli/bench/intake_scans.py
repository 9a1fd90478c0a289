"""The scans of the intake benchmarks: a terminal that was offline for hours delivers what it kept, signed beforehand.

Of 100 scans about 80 change something: cards are reported empty and received in turn, cards of one-scan loops reported
empty again. The others are read twice (the terminal's own window says so) or report what is open already.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

from ekanban_cli.bench.intake_plant import Device, Plant
from ekanban_core.card_code import CardCode
from ekanban_core.ids import uuid7
from ekanban_core.signatures import Target, sign_request
from ekanban_core.states import Intent, Outcome
from ekanban_core.wire import Contact, EpochMessage, ScanBatch, ScanMessage, TerminalStatus
from ekanban_terminal.sending import scan_body

PATH = "/api/v1/scans"
BOOTED_S = 24 * 3_600  # ago
EVERY_MS = 2_000  # from scan to scan
READ_TWICE, READ_AGAIN = 6, 3  # every sixth card is read twice, every third again while its signal is open


@dataclass(frozen=True, slots=True)
class Request:
    """One request as bytes, and what must come back."""

    wire: bytes
    signature: str
    outcomes: tuple[str, ...]


class Floor:
    """What happens at one terminal, for ever: its scans in sequence, each with the answer that it must get."""

    def __init__(self, plant: Plant, device: Device) -> None:
        self._plant = plant
        self._device = device
        self._epoch, self._boot_id = str(uuid7(0, os.urandom)), str(uuid7(1, os.urandom))
        self._booted_ms = time.time_ns() // 1_000_000 - BOOTED_S * 1_000
        self._seq = count(1)
        self._scans = self._all()

    def requests(self, batches: int, size: int) -> list[Request]:
        """Make and sign the next batches."""
        return [self._request(list(islice(self._scans, size))) for _ in range(batches)]

    def _request(self, scans: list[ScanMessage]) -> Request:
        now_ms = time.time_ns() // 1_000_000
        boottime_ms = now_ms - self._booted_ms
        batch = ScanBatch(
            terminal=self._device.id, generation=self._plant.generation, position=self._plant.position,
            scans=[scan_body(scan, self._boot_id, boottime_ms) for scan in scans],
            epochs=[EpochMessage(epoch=self._epoch)], oldest_seq={self._epoch: 1},
            boot_id=self._boot_id, boottime_ms=boottime_ms,
            contact=Contact(at_ms=now_ms, boot_id=self._boot_id, boottime_ms=boottime_ms),
            status=TerminalStatus(release="bench", stored=0, scanners={"left": "ready"}),
        )  # fmt: skip
        body = batch.model_dump_json().encode()
        signed = sign_request(self._device.key.sign, self._device.id, os.urandom(16).hex(), Target("POST", PATH), body)
        headers = {
            "Host": f"127.0.0.1:{self._plant.port}", "Accept": "*/*", "Accept-Encoding": "gzip, deflate",
            "Connection": "keep-alive", "User-Agent": "python-httpx2/2.0", "Content-Type": "application/json",
            "Content-Length": str(len(body)), **signed.headers,
        }  # fmt: skip
        head = f"POST {PATH} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        outcomes = tuple(str(scan.local_outcome) for scan in scans)
        return Request(f"{head}\r\n".encode() + body, signed.signature, outcomes)

    def _all(self) -> Iterator[ScanMessage]:
        while True:
            for number, (body, two_scans) in enumerate(self._device.cards):
                first = self._scan(body, Intent.EMPTY, Outcome.OPENED)
                yield first
                if number % READ_TWICE == 0:
                    yield self._scan(body, Intent.EMPTY, Outcome.DOUBLE_READ, first.id)
                if number % READ_AGAIN == 0 and two_scans:
                    yield self._scan(body, Intent.EMPTY, Outcome.ALREADY_OPEN)
            for body, two_scans in self._device.cards:
                if two_scans:
                    yield self._scan(body, Intent.RECEIVE, Outcome.RECEIVED)

    def _scan(self, body: str, intent: Intent, outcome: Outcome, of: str | None = None) -> ScanMessage:
        """Make a scan; the terminal shows, from its register, what central will answer."""
        seq = next(self._seq)
        wall_ms = self._booted_ms + seq * EVERY_MS
        return ScanMessage(
            id=uuid7(wall_ms, os.urandom), epoch=self._epoch, seq=seq,
            raw=base64.b64encode(CardCode(body, 1).text.encode()).decode(), symbology="]Q1", scanner="left",
            intent=intent, duplicate_of=of, local_outcome=outcome,
            register_cursor=f"{self._plant.generation}:{self._plant.position}",
            scanned_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wall_ms / 1_000)),
            boot_id=self._boot_id, boottime_ms=seq * EVERY_MS,
        )  # fmt: skip
