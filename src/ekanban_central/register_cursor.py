"""How far a terminal's register has come."""

from __future__ import annotations

from dataclasses import dataclass

from ekanban_core.card_code import ALPHABET


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a register has been read: `generation[.mark]:position[:body]`; the body while pages of a load are open.

    The mark is the ledger's at the position; cursors that an older release gave have none.
    """

    generation: str
    position: int
    body: str | None = None
    mark: str = ""

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """Read a cursor, None for what is none of ours."""
        life, _, rest = text.partition(":")
        generation, _, mark = life.partition(".")
        number, _, body = rest.partition(":")
        if not (number.isascii() and number.isdigit() and len(number) < 19 and set(body) <= set(ALPHABET)):
            return None
        return cls(generation, int(number), body or None, mark)

    def __str__(self) -> str:
        life = f"{self.generation}.{self.mark}" if self.mark else self.generation
        return f"{life}:{self.position}" + (f":{self.body}" if self.body else "")
