"""Cards: those of one loop, and those of all loops, with what people do to several of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from ekanban_central import cards_filter, cards_view, csv_files, loops_view, sites, view, words
from ekanban_central.access import Visitor
from ekanban_central.api.lists import Here, Looking, Supervising
from ekanban_central.card_acts import CardStep
from ekanban_central.cards_counts import Row
from ekanban_central.cards_filter import CardFilter
from ekanban_central.cards_view import CardList
from ekanban_central.context import Central
from ekanban_central.inputs import MOST_CARDS, Line
from ekanban_central.pages.card_notices import act_on
from ekanban_central.pages.lists import act_answer, csv_answer
from ekanban_central.problems import Problem
from ekanban_central.query_values import BadFilter
from ekanban_central.rendering import render, view_of
from ekanban_core.states import Role

router = APIRouter(include_in_schema=False)

MOST = 500  # cards in one act
HEAD = (
    "card", "part", "description", "source", "destination", "bin", "number", "state", "one_off", "print_version",
    "awaited_version", "stale", "last_seen_at", "last_seen_by", "signal_state", "due_at",
)  # fmt: skip


@router.get("/cards")
def all_cards(request: Request, visitor: Looking, central: Here) -> Response:
    """Cards of all loops."""
    return _page(request, visitor, central, None)


@router.get("/cards.csv")
def all_cards_csv(request: Request, _visitor: Looking, central: Here) -> Response:
    """The list as its filter stands, for a spreadsheet."""
    return _csv(request, central, None)


@router.get("/loops/{loop_id:uuid}.csv")
def cards_of_loop_csv(request: Request, _visitor: Looking, central: Here, loop_id: UUID) -> Response:
    """The same of one loop."""
    return _csv(request, central, loop_id)


@router.get("/loops/{loop_id:uuid}")
def cards_of_loop(request: Request, visitor: Looking, central: Here, loop_id: UUID) -> Response:
    """The cards of one loop."""
    return _page(request, visitor, central, loop_id)


@router.post("/cards/acts/{step}")
def act(
    request: Request,
    visitor: Supervising,
    central: Here,
    step: CardStep,
    id: Annotated[list[Line] | None, Form()] = None,
    reason: Annotated[Line, Form()] = "",
    cancel: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/cards",
) -> Response:
    """One step of all selected cards; each stands for itself."""
    with central.database.reading() as connection:
        site = sites.own(connection)
    with view.seen_as(view_of(request, visitor, site)):
        bodies = list(dict.fromkeys(id or []))[:MOST]
        done, notices = act_on(central, visitor.person_id, step, bodies, reason, cancel=cancel == "1")
    return act_answer(request, notices, back, refused=not done)


def _page(request: Request, visitor: Visitor, central: Central, loop_id: UUID | None) -> Response:
    wanted = _filter(request, loop_id)
    if wanted is None:
        return RedirectResponse(request.url.path, 303)
    now_ms = central.now_ms()
    with central.database.reading() as connection:
        site = sites.own(connection)
        asked = cards_view.look(connection, site.id, wanted, now_ms)
        _known(asked)
        cards = cards_view.page(connection, asked)
        chips = asked.counted(connection)
        loop = loops_view.one(connection, site.id, loop_id, now_ms) if loop_id else None
    return render(
        request, "cards.html", site, visitor, cards=cards, chips=chips, wanted=wanted, loop_row=loop,
        may_act=visitor.may(Role.SUPERVISOR), left=view.left, most_cards=MOST_CARDS,
    )  # fmt: skip


def _csv(request: Request, central: Central, loop_id: UUID | None) -> Response:
    with central.database.reading() as connection:
        site = sites.own(connection)
        asked = cards_view.look(connection, site.id, _filter(request, loop_id) or CardFilter(), central.now_ms())
    _known(asked)
    lines = csv_files.lines(HEAD, (_cells(row) for row in _rows(central, asked)))
    return csv_answer(f"cards-{site.code}", lines)


def _rows(central: Central, asked: CardList) -> Iterator[Row]:
    """Read page by page: a slow download holds no transaction."""
    number, more = 0, True
    while more:
        number += 1
        with central.database.reading() as connection:
            found = cards_view.page(connection, asked, number, MOST)
        yield from found.rows
        more = found.more


def _filter(request: Request, loop_id: UUID | None) -> CardFilter | None:
    try:
        return cards_filter.of_cards(request.query_params, loop_id)
    except BadFilter:
        return None


def _known(asked: CardList) -> None:
    if asked.wanted.loop and not asked.loops:
        raise Problem(404, "There is no such loop.")


def _cells(row: Row) -> list[object]:
    return [
        words.card_code(row["body"], row["print_version"]), row["part"], row["description"], row["source"],
        row["destination"], row["bin"], row["number"], row["state"], "1" if row["one_off"] else "",
        row["print_version"], row["awaited"], "1" if row["stale"] else "",
        view.rfc3339(row["last_scan_ms"]), row["seen_at"], row["signal_state"], view.rfc3339(row["due_ms"]),
    ]  # fmt: skip
