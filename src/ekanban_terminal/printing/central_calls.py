"""The calls that terminals make to central about prints: signed both ways, and refused in a word or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pydantic import ValidationError

from ekanban_core.errors import BadMessage
from ekanban_core.texts import gettext as _
from ekanban_core.wire import Contact, EpochMessage, Wire
from ekanban_terminal import answers
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.exchange import Answered, Central
from ekanban_terminal.printing.telling import refusal_of

PRINTS = "/api/v1/terminals/prints"

A = TypeVar("A", bound=Wire)


class Standing(Protocol):
    """How things stand with central: the courier knows."""

    @property
    def central(self) -> Central | None:
        """The central to ask."""
        ...

    @property
    def reachable(self) -> bool:
        """Whether it answers and believes this terminal."""
        ...

    @property
    def generation(self) -> str:
        """The life of its ledger; empty: not known."""
        ...

    @property
    def sent(self) -> int:
        """Scans that it has answered since the start."""
        ...

    @property
    def contact(self) -> Contact | None:
        """When it was heard last."""
        ...


@dataclass(frozen=True, slots=True)
class Calls:
    """How central is asked about prints. epoch: of this start, which every message bears."""

    standing: Standing
    epoch: Callable[[], Awaitable[EpochMessage]]

    @property
    def central(self) -> Central:
        """The central to ask. Raises LinkDown where there is none."""
        central = self.standing.central
        if central is None:
            raise LinkDown(_("This terminal is not enrolled."))
        return central

    async def post(self, central: Central, verb: str, message: Wire) -> bytes:
        """Ask; gives the body of central's own word. Raises LinkDown."""
        return good(await self.ask(central, verb, message))

    async def ask(self, central: Central, verb: str, message: Wire) -> Answered:
        """Ask; gives whatever came back. Raises LinkDown."""
        return await central.ask("POST", f"{PRINTS}/{verb}", body=message.model_dump_json().encode())


def good(answered: Answered) -> bytes:
    """The body of central's own word. Raises LinkDown: whatever else answered is not central, or cannot do it."""
    if not answered.good:
        refusal = answers.refusal(answered.body) if answered.authentic else None
        why = refusal.detail if refusal and refusal.detail else f"Central answered with {answered.status}."
        raise refusal_of(answered.status, why)
    return answered.body


def understood(kind: type[A], body: bytes) -> A:
    """A message of central's. Raises BadMessage."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise BadMessage(f"Central's answer does not fit: {error}") from error
