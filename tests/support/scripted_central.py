"""A central made of core alone, for tests of the terminal: it keeps the promises, and besides does what a script says.

It is a `Link`: requests reach it as the terminal sent them. It believes only signed ones, keeps identities and
sequence, judges with core's rules, and signs its answers. `faults` hold what goes wrong with the next requests, one
each.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scripted_prints import ScriptedPrints

from ekanban_core.decision import Known
from ekanban_core.ed25519 import verifier
from ekanban_core.effects import Effect, Target
from ekanban_core.enrolment import fingerprint
from ekanban_core.facts import Card, LoopPolicy, Moment, ScanFact, Signal
from ekanban_core.judgement import Standing, judge
from ekanban_core.reading import CardRead, read
from ekanban_core.signatures import Target as Asked
from ekanban_core.signatures import read_request, sign_answer
from ekanban_core.states import CardState, Closing, Intent, LoopKind
from ekanban_core.texts import sentence
from ekanban_core.wire import (
    Expected,
    RegisterAnswer,
    RegisterCard,
    RegisterSignal,
    ScanAnswer,
    ScanMessage,
    ScanResult,
    SignalBrief,
)
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.link import Reply, Request

Fault = Callable[["ScriptedCentral", Request], Awaitable[Reply]]


def loop_of(card: Card, policy: LoopPolicy, aliases: tuple[str, ...] = ()) -> RegisterCard:
    """A card's entry of the register without its signal."""
    closed = card.last_closed
    return RegisterCard(
        body=card.body,
        state=card.state,
        print_version=card.print_version,
        pending_version=card.pending_version,
        quantity_version=card.quantity_version,
        one_off=card.one_off,
        last_closed_earliest_ms=closed.earliest_ms if closed else None,
        last_closed_latest_ms=closed.latest_ms if closed else None,
        last_signal=card.last_signal,
        aliases=list(aliases),
        part=f"part-{card.body}",
        description="Bracket, left",
        unit="pcs",
        quantity=policy.quantity,
        container="blue box",
        source="Supermarket",
        destination="Line 4",
        bin="A-3",
        kind=LoopKind.WITHDRAWAL,
        closing=policy.closing,
        lead_time_s=policy.lead_time_s,
        min_cycle_s=policy.min_cycle_s,
    )


@dataclass(slots=True)
class Held:
    """A card at central."""

    card: Card
    signal: Signal | None
    policy: LoopPolicy
    aliases: tuple[str, ...] = ()


@dataclass(slots=True)
class ScriptedCentral:
    """See the module."""

    terminal_key: bytes  # 32 raw bytes
    now_ms: Callable[[], int]
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    prefix: str = ""
    generation: str = "first"
    standing: Standing = Standing.GOOD
    problem: dict[str, Any] | None = None  # answered, signed, in place of everything
    position: int = 0
    most: int = 500
    poison: set[str] = field(default_factory=set)  # ids or raw (base64) of scans on which it fails with 500
    cards: dict[str, Held] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    prints: ScriptedPrints = field(default_factory=ScriptedPrints)
    taken: dict[str, tuple[bytes, ScanResult]] = field(default_factory=dict)  # by scan id: content, first answer
    order: list[str] = field(default_factory=list)  # ids as they were taken
    conflicts: list[str] = field(default_factory=list)
    effects: dict[str, Effect | None] = field(default_factory=dict)
    bodies: dict[str, str | None] = field(default_factory=dict)
    next_seq: dict[str, int] = field(default_factory=dict)  # by epoch
    epochs: dict[str, tuple[str | None, int]] = field(default_factory=dict)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)  # by scan id
    last_batch: dict[str, Any] = field(default_factory=dict)
    rewrite: Callable[[bytes], bytes] = bytes  # what it says otherwise than this release, before it signs

    @property
    def key_id(self) -> str:
        return fingerprint(self.public)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def add_card(self, body: str, aliases: tuple[str, ...] = (), **policy: Any) -> None:
        """An active card with one confirmed print."""
        made = LoopPolicy(
            **{"closing": Closing.TWO_SCAN, "quantity": 50, "lead_time_s": 3600, "min_cycle_s": 600, **policy}
        )
        self.cards[body] = Held(Card(body, CardState.ACTIVE, 1, 1), None, made, aliases)
        self.position += 1

    # The link.

    async def ask(self, request: Request) -> Reply:
        self.requests.append(request)
        if self.faults:
            return await self.faults.popleft()(self, request)
        return self.serve(request)

    async def close(self) -> None:
        """Nothing is open."""

    def serve(self, request: Request) -> Reply:
        headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
        claim = read_request(Asked(request.method, request.path, request.query), headers)
        claim.prove(verifier(self.terminal_key))
        claim.check_body(request.body)
        status, content = self._answer(request)
        body = json.dumps(content).encode() if isinstance(content, dict) else content
        body = self.rewrite(body)
        signed = sign_answer(self.key.sign, self.key_id, status, body, claim.signature)
        return Reply(status, tuple((name.encode(), value.encode()) for name, value in signed.items()), body)

    def _answer(self, request: Request) -> tuple[int, dict[str, Any] | bytes]:
        if self.problem is not None:
            return int(self.problem["status"]), self.problem
        if request.path.endswith("/register"):
            return self._register(parse_qs(request.query).get("since", [""])[0])
        if "/terminals/prints/" in request.path:
            return self._prints(request)
        batch = json.loads(request.body)
        self.last_batch = batch
        if len(batch["scans"]) > self.most:
            return 413, {"title": "Too many", "status": 413}
        if any(scan["id"] in self.poison or scan["raw"] in self.poison for scan in batch["scans"]):
            return 500, {"title": "Failed", "status": 500}
        return 200, self._scans(batch).model_dump_json().encode()

    def _prints(self, request: Request) -> tuple[int, dict[str, Any] | bytes]:
        before = {body: held.card for body, held in self.cards.items()}
        now_ms = self.now_ms()
        status, content = self.prints.answer(request.path, request.body, self.cards, self.generation, now_ms)
        self.position += sum(held.card != before[body] for body, held in self.cards.items())
        return status, content

    # The register.

    def _register(self, since: str) -> tuple[int, dict[str, Any] | bytes]:
        generation, _, position = since.partition(":")
        if since and (generation != self.generation or int(position) > self.position):
            return 410, {"title": "Gone", "status": 410}
        changed = not since or int(position) < self.position
        answer = RegisterAnswer(
            generation=self.generation,
            position=self.position,
            cursor=f"{self.generation}:{self.position}",
            at_ms=self.now_ms(),
            site="Plant One",
            time_zone="Europe/Berlin",
            base_url="https://kanban.example.com",
            full=not since,
            cards=[self._entry(held) for held in self.cards.values()] if changed else [],
        )
        return 200, answer.model_dump_json().encode()

    def _entry(self, held: Held) -> RegisterCard:
        signal = held.signal
        if signal is None:
            return loop_of(held.card, held.policy, held.aliases)
        released = signal.released
        told = RegisterSignal(
            id=signal.id,
            state=signal.state,
            opened_earliest_ms=signal.opened.earliest_ms,
            opened_latest_ms=signal.opened.latest_ms,
            released_earliest_ms=released.earliest_ms if released else None,
            released_latest_ms=released.latest_ms if released else None,
            due_ms=signal.opened.latest_ms + held.policy.lead_time_s * 1000,
            opened_at="Line 4",
        )
        return loop_of(held.card, held.policy, held.aliases).model_copy(update={"signal": told})

    # Scans.

    def _scans(self, batch: dict[str, Any]) -> ScanAnswer:
        known_to_terminal = batch["position"] if batch["generation"] == self.generation else None
        if known_to_terminal is not None and known_to_terminal > self.position:
            self.generation += "+"  # restored from a backup (promise 15)
        expected = self._introduce(batch)
        results: list[ScanResult] = []
        for content in () if expected else batch["scans"]:
            message = ScanMessage.model_validate(content)
            if message.id not in self.taken:
                start = max(self.next_seq.get(message.epoch, 1), batch["oldest_seq"].get(message.epoch, 1))
                if message.seq > start:
                    expected = Expected(epoch=message.epoch, seq=start)
                    break
            results.append(self._take(message, batch["terminal"]))
        return ScanAnswer(
            generation=self.generation,
            position=self.position,
            at_ms=self.now_ms(),
            results=results,
            expected=expected,
        )

    def _introduce(self, batch: dict[str, Any]) -> Expected | None:
        """Hear of epochs; a predecessor of which something is missing is wanted first."""
        for epoch in batch["epochs"]:
            before, count = epoch["previous"], epoch["previous_seq"]
            whole = max(self.next_seq.get(before, 1), batch["oldest_seq"].get(before, 1)) > count
            if before is not None and not whole and not any(one["epoch"] == before for one in batch["scans"]):
                return Expected(epoch=before, seq=self.next_seq.get(before, 1))
            self.epochs[epoch["epoch"]] = (before, count)
        return None

    def _take(self, message: ScanMessage, terminal: str) -> ScanResult:
        content = message.content_hash()
        if message.id in self.taken:
            first, answer = self.taken[message.id]
            if first != content:
                self.conflicts.append(message.id)
            return answer.model_copy(update={"repeated": True})
        result = self._judge(message, terminal)
        self.taken[message.id] = (content, result)
        self.order.append(message.id)
        self.places[message.id] = (message.epoch, message.seq)
        self.next_seq[message.epoch] = max(self.next_seq.get(message.epoch, 1), message.seq + 1)
        self.position += 1
        return result

    def _judge(self, message: ScanMessage, terminal: str) -> ScanResult:
        understood = read(message.content, self._alias)
        body = understood.body if isinstance(understood, CardRead) else None
        target = None
        if message.intent is Intent.UNDO and message.target is not None:
            body = self.bodies.get(message.target)
            target = Target(message.target, self.effects.get(message.target), message.target in self.taken)
        held = self.cards.get(body) if body else None
        at_ms = self.now_ms() - (message.age_ms or 0)
        fact = ScanFact(
            id=message.id,
            terminal=terminal,
            intent=message.intent,
            at=Moment(at_ms, at_ms, terminal),
            version=None,
            shown=message.local_outcome,
            target=message.target,
            duplicate_of=message.duplicate_of,
        )
        known = Known(held.card, held.signal, held.policy) if held else None
        decision = judge(self.standing, understood, known, fact, target)
        if held and decision.card:
            held.card, held.signal = decision.card, decision.signal
        self.effects[message.id], self.bodies[message.id] = decision.effect, body
        return ScanResult(
            id=message.id,
            outcome=decision.outcome,
            message=sentence(decision.message),
            card=body,
            signal=_brief(decision.signal, held.policy) if held and decision.signal else None,
            reason=decision.message.key,
            facts=decision.message.facts,
        )

    def _alias(self, text: str) -> str | None:
        return next((body for body, held in self.cards.items() if text in held.aliases), None)

    # What people and disasters do.

    def retire(self, body: str) -> None:
        held = self.cards[body]
        held.card = replace(held.card, state=CardState.RETIRED)
        self.position += 1

    def restore(self, scans: int) -> None:
        """Go back to a backup that has only the first scans."""
        for lost in self.order[scans:]:
            del self.taken[lost]
            self.position -= 1
        del self.order[scans:]
        self.next_seq.clear()
        for epoch, seq in (self.places[kept] for kept in self.order):
            self.next_seq[epoch] = seq + 1
        for held in self.cards.values():
            held.signal = None


def _brief(signal: Signal, policy: LoopPolicy) -> SignalBrief:
    opened_ms = signal.opened.latest_ms
    return SignalBrief(
        id=signal.id, state=signal.state, opened_ms=opened_ms, due_ms=opened_ms + policy.lead_time_s * 1000
    )


# What can go wrong with one request.


async def refuse_connection(_central: ScriptedCentral, _request: Request) -> Reply:
    raise LinkDown("refused")


async def lose_answer(central: ScriptedCentral, request: Request) -> Reply:
    """Central commits, and its answer never arrives."""
    central.serve(request)
    raise LinkDown("reset")


async def captive_portal(_central: ScriptedCentral, _request: Request) -> Reply:
    return Reply(200, ((b"content-type", b"text/html"),), b"<html>Please accept the terms of this network</html>")


async def unsigned(central: ScriptedCentral, request: Request) -> Reply:
    """Everything is right, but for the signature."""
    return Reply(200, (), central.serve(request).body)


async def truncated(central: ScriptedCentral, request: Request) -> Reply:
    reply = central.serve(request)
    return Reply(reply.status, reply.headers, reply.body[:-10])


async def other_key(central: ScriptedCentral, request: Request) -> Reply:
    """Somebody with a key of his own repeats what central would say."""
    stranger = replace(central, key=Ed25519PrivateKey.generate())
    return stranger.serve(request)


async def twice(central: ScriptedCentral, request: Request) -> Reply:
    """The network delivers the request twice."""
    central.serve(request)
    return central.serve(request)


async def never(_central: ScriptedCentral, _request: Request) -> Reply:
    """The answer drips for ever."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


def rewritten(old: bytes, new: bytes) -> Fault:
    """Central is of another release and says it in other words, signed."""

    async def fault(central: ScriptedCentral, request: Request) -> Reply:
        central.rewrite = lambda body: body.replace(old, new)
        try:
            return central.serve(request)
        finally:
            central.rewrite = bytes

    return fault


def status(code: int, body: bytes = b"") -> Fault:
    """An unsigned answer of a proxy or of a central that fell over."""

    async def fault(_central: ScriptedCentral, _request: Request) -> Reply:
        return Reply(code, (), body)

    return fault
