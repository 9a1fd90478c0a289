"""The straight way of a delivery: one that came over a connection as ekanban's terminals send it, in one piece.

A general HTTP parser, a task, and messages between server and application cost as much as a delivery's two signatures.
Nothing is decided differently here: what is not in order in any respect takes the way of all requests, with all its
bytes, and what intake raised is raised there. So that way alone knows what refusals look like.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from ekanban_central.context import Central
from ekanban_central.in_order import PATH, RAISED, answer_of, claim_of, delivery_of, signed_headers
from ekanban_central.intake_taking import Receipt
from ekanban_central.patience import ANSWER_S
from ekanban_central.problems import too_late
from ekanban_central.schema_watch import SchemaWatch
from ekanban_core.signatures import Claim, RawHeaders, Target

TARGET = Target("POST", PATH)
Headers = list[tuple[bytes, bytes]]
Answer = Callable[[Headers, bytes], None]
Otherwise = Callable[[dict[str, object]], None]  # the way of all requests; with what is to stand in ASGI's scope


class StraightWay:
    """What a connection asks first. Used from the event loop. `seconds`: how long intake may take."""

    path = PATH

    def __init__(self, central: Central, watch: SchemaWatch, seconds: float = ANSWER_S) -> None:
        self.central = central
        self.watch = watch
        self.seconds = seconds

    def admit(self, headers: RawHeaders, length: int) -> Claim | None:
        """Return who posts a body of so many bytes to PATH, if it is a terminal that is known here; else None."""
        return claim_of(self.central, TARGET, headers, length) if self.watch.current() else None

    def take(self, claim: Claim, body: bytes, answer: Answer, otherwise: Otherwise) -> None:
        """Take a batch in; exactly one of the two is called, perhaps at once."""
        delivery = delivery_of(self.central, claim, body)
        if delivery is None:
            otherwise({})
            return
        taken = self.central.intake.put(delivery)
        late = taken.get_loop().call_later(self.seconds, taken.cancel)
        taken.add_done_callback(partial(self._answer, claim, late, answer, otherwise))

    def _answer(
        self, claim: Claim, late: asyncio.TimerHandle, answer: Answer, otherwise: Otherwise,
        taken: asyncio.Future[Receipt | None],
    ) -> None:  # fmt: skip
        late.cancel()
        if taken.cancelled():
            otherwise({RAISED: too_late()})
            return
        try:
            receipt = taken.result()
            body = answer_of(self.central, receipt) if receipt else None
        except Exception as error:  # whatever it is, the way of all requests tells it
            otherwise({RAISED: error})
            return
        if body is None:  # a terminal that is not known any more
            otherwise({})
        else:
            answer(signed_headers(self.central, claim, body), body)
