"""One act on several cards, and what is said about it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ekanban_central import card_acts, view, words
from ekanban_central.card_acts import CardStep, NoSuchCard
from ekanban_central.context import Central
from ekanban_central.pages.lists import Notice
from ekanban_central.view import gettext as _
from ekanban_central.view import ngettext
from ekanban_core.errors import EkanbanError

MOST_SAID = 3  # refusals that are told one by one


def act_on(
    central: Central, person: UUID, step: CardStep, bodies: Sequence[str], reason: str, *, cancel: bool
) -> tuple[list[str], list[Notice]]:
    """Act on each card by itself; returns those that were changed and what to say, within `view.seen_as`."""
    done: list[str] = []
    refused: dict[str, str] = {}
    for code in bodies:
        try:
            body = card_acts.body_of(code)
            card_acts.carry_out(central, person, step, body, reason, cancel=cancel)
            done.append(body)
        except NoSuchCard:
            refused[code] = _("There is no such card.")
        except EkanbanError as error:
            refused[code] = view.said(error)
    return done, [*_done(step, done), *_refused(refused)]


def _done(step: CardStep, bodies: Sequence[str]) -> list[Notice]:
    if not bodies:
        return []
    cards = ngettext("%(num)s card", "%(num)s cards", len(bodies)) % {"num": len(bodies)}
    what = words.short_code(bodies[0]) if len(bodies) == 1 else cards
    return [Notice("green", f"{words.card_done(step)}: {what}")]


def _refused(refused: dict[str, str]) -> list[Notice]:
    """The first ones with their codes; of more than a few, how many more."""
    said = [Notice("amber", f"{words.short_code(body)}: {why}") for body, why in [*refused.items()][:MOST_SAID]]
    rest = len(refused) - len(said)
    if rest <= 0:
        return said
    text = ngettext("and %(num)s more card unchanged", "and %(num)s more cards unchanged", rest) % {"num": rest}
    return [*said, Notice("amber", text)]
