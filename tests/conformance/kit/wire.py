"""The calls of the contract: a person's API by token, and a terminal that enrols, signs and delivers scans."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kit.signing import check, sign

ENROL = "/api/v1/terminals/enroll"
BOOTED_MS = 1_000_000  # what a terminal's boot clock shows when the run begins


class Unexpected(Exception):
    """Central answered what the contract does not foresee."""


class Central:
    """A central at a URL, as a person with the role supervisor sees it."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url.rstrip("/"), token
        self.parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if self.parts.scheme == "https" else http.client.HTTPConnection
        self.connection = kind(self.parts.netloc, timeout=30)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Send a request; returns status, headers in lower case, body."""
        self.connection.request(method, self.parts.path + path, body, {"Content-Type": "application/json", **headers})
        answer = self.connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def ask(self, method: str, path: str, content: Any = None, *, refused: bool = False, **query: str) -> Any:
        """Do something as the person. refused: central must refuse it, with 409."""
        body = b"" if content is None else json.dumps(content).encode()
        url = f"{path}?{urlencode(query)}" if query else path
        status, _, answer = self.send(method, url, body, {"Authorization": f"Bearer {self.token}"})
        if (status == 409) != refused or (status >= 400 and status != 409):
            raise Unexpected(f"{method} {url}: {status} {answer.decode(errors='replace')[:300]}")
        return json.loads(answer)

    def all(self, path: str, **query: str) -> list[dict[str, Any]]:
        """All items of a list, over its pages."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.ask("GET", path, **query, **cursor)
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}


class Terminal:
    """A terminal with a boot clock of its own, which learns central's time from every answer."""

    def __init__(self, central: Central, name: str, *, approved: bool = True) -> None:
        self.central, self.key = central, Ed25519PrivateKey.generate()
        self.central_key = b""
        self.epoch, self.seq, self.boot = str(uuid4()), 0, str(uuid4())
        self.epochs = [{"epoch": self.epoch, "previous": None, "previous_seq": 0}]
        self.began = time.monotonic()
        self.contact: dict[str, Any] | None = None
        self.low = self.high = 0  # central's clock minus the boot clock lies between them
        self.id = self._enrol(name, approved)

    def now_ms(self) -> int:
        """The boot clock."""
        return BOOTED_MS + int((time.monotonic() - self.began) * 1000)

    @property
    def doubt_ms(self) -> int:
        """How far apart the earliest and the latest possible time of a scan are at central."""
        return self.high - self.low

    def scan(self, raw: bytes, intent: str, **more: Any) -> dict[str, Any]:
        """Make a scan now, in sequence."""
        self.seq += 1
        return {
            "id": _uuid7(), "epoch": self.epoch, "seq": self.seq, "raw": base64.b64encode(raw).decode(),
            "intent": intent, "scanner": "conformance", "boot_id": self.boot, "boottime_ms": self.now_ms(),
            "age_ms": 0, **more,
        }  # fmt: skip

    def deliver(self, scans: list[dict[str, Any]], *, vaguely: bool = False) -> list[dict[str, Any]]:
        """Deliver scans; returns their results. vaguely: without a word of any clock."""
        batch: dict[str, Any] = {"version": 1, "terminal": self.id, "generation": None, "scans": scans}
        if not vaguely:
            batch |= {"epochs": self.epochs, "boot_id": self.boot, "boottime_ms": self.now_ms()}
            batch |= {"contact": self.contact} if self.contact else {}
        answer = self.signed("POST", "/api/v1/scans", batch, bounds=not vaguely)
        if len(answer["results"]) != len(scans):
            raise Unexpected(f"{len(scans)} scans got {len(answer['results'])} results; expected: {answer['expected']}")
        results: list[dict[str, Any]] = answer["results"]
        return results

    def start_again(self, *, copied: bool = False) -> None:
        """Begin a new epoch; copied: as a copy would, of a memory from before its first scan."""
        before, self.epoch = self.epoch, str(uuid4())
        previous = {"previous": None, "previous_seq": 0} if copied else {"previous": before, "previous_seq": self.seq}
        self.epochs, self.seq = [{"epoch": self.epoch, **previous}], 0

    def signed(self, method: str, path: str, content: Any, key_id: str = "", *, bounds: bool = True) -> dict[str, Any]:
        """Send a signed request and believe the answer only when central has signed it."""
        body, sent_ms = json.dumps(content).encode(), self.now_ms()
        headers = sign(self.key, key_id or self.id, method, path, "", body)
        status, given, answer = self.central.send(method, path, body, headers)
        if status != 200:
            raise Unexpected(f"{method} {path}: {status} {answer.decode(errors='replace')[:300]}")
        said: dict[str, Any] = json.loads(answer)
        if not self.central_key:
            self.central_key = base64.b64decode(said["central_key"])
        check(self.central_key, status, given, answer, headers)
        if bounds and "at_ms" in said:
            self._heard(said["at_ms"], sent_ms)
        return said

    def _heard(self, at_ms: int, sent_ms: int) -> None:
        """Narrow what is known of central's clock: it read at_ms between sending and now."""
        now_ms = self.now_ms()
        low, high = at_ms - now_ms - 1, at_ms - sent_ms + 1
        self.low, self.high = (max(low, self.low), min(high, self.high)) if self.contact else (low, high)
        self.contact = {"at_ms": at_ms, "boot_id": self.boot, "boottime_ms": now_ms}

    def _enrol(self, name: str, approved: bool) -> str:
        code = self.central.ask("POST", "/api/v1/terminals/codes", {"approved": approved})["code"].replace("-", "")
        public = self.key.public_key().public_bytes_raw()
        secret = hashlib.sha256(b"ekanban enrolment secret 1\0" + code[6:22].encode()).digest()
        parts = (code[:6].encode(), name.encode(), public)
        message = b"ekanban enrolment 1\0" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        proof = hmac.new(secret, message, hashlib.sha256).hexdigest()
        key = base64.b64encode(public).decode()
        wish = {"version": 1, "id": code[:6], "name": name, "public_key": key, "mac": proof}
        return str(self.signed("POST", ENROL, wish, code[:6])["terminal"])


def _uuid7() -> str:
    value = int.from_bytes((time.time_ns() // 1_000_000).to_bytes(6, "big") + uuid4().bytes[6:], "big")
    return str(UUID(int=value & ~(0xF << 76) | 7 << 76))
