"""The way between a terminal and central: each exchange meets a fate, drawn from the seed.

What was sent goes on although its sender has given up or died, and may arrive twice, much later, or in part.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekanban_core.enrolment import fingerprint
from ekanban_core.signatures import sign_answer
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.link import Reply, Request
from simulation.broken import Broken

if TYPE_CHECKING:
    from simulation.floor import Floor

STRANGER = Ed25519PrivateKey.from_private_bytes(b"a stranger who answers for central"[:32])
REFUSED_CONTENT = b"UFJPWFk"  # base64 of the beginning of "PROXY": what lies between takes no request with it
STATUSES = (301, 401, 403, 404, 413, 429, 500, 502, 503)
FAIR: dict[str, float] = {}
SPAN_S, MOST_ASKED = 600.0, 1_500


class Way:
    """A link, as the terminal's exchange wants it; `weather`: how probable each fate is."""

    prefix = ""

    def __init__(self, floor: Floor, name: str) -> None:
        self.weather: dict[str, float] = FAIR
        self.cut_until = 0.0
        self._floor = floor
        self._name = name
        self._dice = random.Random(f"{floor.plan.seed} way of {name}")  # noqa: S311  # repeatable on purpose
        self._last_good: Reply | None = None
        self._span, self._asked = 0, 0  # the ten minutes that it is, and requests in them

    async def ask(self, request: Request) -> Reply:
        """One exchange."""
        self._count()
        process = self._floor.devices[self._name].process
        if process is not None:
            await process.awaits()
        fate = self._fate()
        latency = self._dice.uniform(0.01, 0.08)
        await asyncio.sleep(latency)
        if self._floor.now() < self.cut_until:
            raise LinkDown("no way")
        if REFUSED_CONTENT in request.body:
            fate = "refused content"
        self._floor.count(fate)
        reply = await _FATES[fate](self, request)
        await asyncio.sleep(latency)
        if process is not None:
            await process.awaits()
        self._floor.oracle.bad.answered(request, reply.status)
        if fate == "fair" and reply.status == 200:
            self._last_good = reply
        return reply

    def _count(self) -> None:
        """A terminal that asks and asks without a pause would take central from all others."""
        span = int(self._floor.now() / SPAN_S)
        self._span, self._asked = span, 1 if span != self._span else self._asked + 1
        if self._asked > MOST_ASKED:
            self._floor.wrong(Broken("4 (liveness)", f"{self._name} asks {MOST_ASKED} times within {SPAN_S:.0f} s"))

    async def close(self) -> None:
        pass

    def _fate(self) -> str:
        drawn = self._dice.random()
        for fate, share in self.weather.items():
            if drawn < share:
                return fate
            drawn -= share
        return "fair"

    def deliver(self, request: Request, delay: float = 0.0) -> asyncio.Task[Reply]:
        """Bring a request to central, whoever still waits for the answer."""
        return self._floor.task(self._deliver(request, delay))

    async def _deliver(self, request: Request, delay: float) -> Reply:
        await asyncio.sleep(delay)
        return await self._floor.central.ask(request)

    async def _fair(self, request: Request) -> Reply:
        return await _answer(self.deliver(request))

    async def _drop(self, _request: Request) -> Reply:
        """Nobody ever answers."""
        await asyncio.sleep(3600.0)
        raise LinkDown("dropped")

    async def _refuse(self, _request: Request) -> Reply:
        raise LinkDown("refused")

    async def _lose(self, request: Request) -> Reply:
        """Central has it, and its answer is lost."""
        await _answer(self.deliver(request))
        raise LinkDown("answer lost")

    async def _slow(self, request: Request) -> Reply:
        """It arrives when its sender may have given up."""
        return await _answer(self.deliver(request, self._dice.uniform(1.0, 40.0)))

    async def _twice(self, request: Request) -> Reply:
        second = self.deliver(request, self._dice.uniform(0.0, 20.0))
        first = await _answer(self.deliver(request))
        return first if self._dice.random() < 0.7 else await _answer(second)

    async def _late(self, request: Request) -> Reply:
        """It arrives, and once more hours or days later."""
        reply = await _answer(self.deliver(request))
        self._floor.late(request, self._dice.choice((60.0, 3_600.0, 30_000.0, 100_000.0, 1e9)))
        return reply

    async def _cut_request(self, request: Request) -> Reply:
        part = replace(request, body=request.body[: self._dice.randrange(len(request.body) + 1)])
        return await _answer(self.deliver(part))

    async def _cut_answer(self, request: Request) -> Reply:
        reply = await _answer(self.deliver(request))
        return replace(reply, body=reply.body[: self._dice.randrange(len(reply.body) + 1)])

    async def _portal(self, _request: Request) -> Reply:
        return Reply(200, ((b"content-type", b"text/html"),), b"<html>Please accept our terms</html>")

    async def _status(self, _request: Request) -> Reply:
        return Reply(self._dice.choice(STATUSES), (), b"")

    async def _refused_content(self, _request: Request) -> Reply:
        return Reply(502, (), b"")

    async def _echo(self, request: Request) -> Reply:
        """An old answer of central's own to another request."""
        return self._last_good or await self._portal(request)

    async def _unsigned(self, request: Request) -> Reply:
        """Exactly what central would say, without its signature."""
        return Reply(200, (), _believable(request))

    async def _stranger(self, request: Request) -> Reply:
        """The same, signed by another key in central's name, or in its own."""
        body = _believable(request)
        own = fingerprint(STRANGER.public_key().public_bytes_raw())
        name = self._dice.choice((own, self._floor.central.key.id))
        signature = request.headers["Signature"].removeprefix("ekanban=")
        signed = sign_answer(STRANGER.sign, name, 200, body, signature)
        return Reply(200, tuple((key.lower().encode(), value.encode()) for key, value in signed.items()), body)


_FATES: dict[str, Callable[[Way, Request], Any]] = {
    "fair": Way._fair,
    "drop": Way._drop,
    "refuse": Way._refuse,
    "lose": Way._lose,
    "slow": Way._slow,
    "twice": Way._twice,
    "late": Way._late,
    "cut_request": Way._cut_request,
    "cut_answer": Way._cut_answer,
    "portal": Way._portal,
    "status": Way._status,
    "echo": Way._echo,
    "refused content": Way._refused_content,
    "unsigned": Way._unsigned,
    "stranger": Way._stranger,
}
FATES = tuple(name for name in _FATES if name not in ("fair", "refused content"))


async def _answer(carried: asyncio.Task[Reply]) -> Reply:
    """Wait for it; whoever gives up waiting does not stop it."""
    return await asyncio.shield(carried)


def _believable(request: Request) -> bytes:
    """Everything is taken: what a terminal would love to hear."""
    try:
        scans = json.loads(request.body)["scans"]
    except ValueError:
        scans = []
    results = [{"id": scan["id"], "outcome": "opened", "message": "Ordered."} for scan in scans]
    answer = {"generation": "0" * 16, "position": 10**6, "at_ms": 1_780_000_000_000, "results": results}
    return json.dumps(answer).encode()
