"""Which version a card is printed in: one of the reserve, or one that central gives at once."""

from __future__ import annotations

from functools import partial

from ekanban_core.lifecycle_prints import Reserve, worth
from ekanban_core.texts import gettext as _
from ekanban_core.wire import RegisterCard
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.printing.jobs import Why
from ekanban_terminal.printing.keeping import Keeping
from ekanban_terminal.printing.office import Office

NONE_LEFT = _("No print of this card is in reserve here, and central cannot be reached. Print it when central is back.")
NOT_HEARD = _("This terminal has not heard from central since it was started. Print the card when central is back.")


class Versions:
    """Looks in the book, and asks central where that is not enough."""

    def __init__(self, keeping: Keeping, beliefs: Beliefs, office: Office) -> None:
        self._keeping = keeping
        self._beliefs = beliefs
        self._office = office

    async def find(self, card: RegisterCard) -> tuple[int | None, Why]:
        """The version to print; if there is none, why. A better one is asked for only where central answers."""
        version, good = await self._reserved(card)
        if not good and self._office.reachable:
            why = await self._office.fetch(card.body)
            version, _good = await self._reserved(card)
            return version, why
        return version, Why(NONE_LEFT if await self._keeping.do(self._keeping.book.is_supplied) else NOT_HEARD)

    async def _reserved(self, card: RegisterCard) -> tuple[int | None, bool]:
        _found, known = self._beliefs.known(card.body)
        above = known.card.print_version if known else card.print_version
        reserved = partial(self._keeping.book.reserved, card.body, self._office.generation, above)
        version = await self._keeping.do(reserved)
        return version, version is not None and worth(version, above, card.quantity_version) is Reserve.GOOD
