"""The local API of printing: a card again, whether it came out, what was printed, and whose bins stand here."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Any, TypeVar

from fastapi import APIRouter, Request

from ekanban_core.card_code import CardCode
from ekanban_core.errors import BadCardCode
from ekanban_core.ids import uuid7
from ekanban_core.reading import CardRead, read
from ekanban_core.refusals import refusals
from ekanban_core.states import PrintReason
from ekanban_core.texts import translations
from ekanban_terminal.api import object_of, terminal_of
from ekanban_terminal.api_print_shape import Answer, JobShown, PlaceList, PrintList, PrintWish
from ekanban_terminal.api_shape import answers, takes
from ekanban_terminal.clock import rfc3339
from ekanban_terminal.printing.jobs import STORED, BookFailed, Job, PrintRefused, Wish
from ekanban_terminal.printing.places import Range, choices
from ekanban_terminal.printing.shown import print_shown
from ekanban_terminal.problems import Problem
from ekanban_terminal.runtime import Terminal

LISTED = 50  # prints
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

T = TypeVar("T")

router = APIRouter()


@router.post("/api/v1/print", responses=answers(JobShown) | refusals(404, 409), openapi_extra=takes(PrintWish))
async def print_card(request: Request) -> dict[str, Any]:
    """Print a card again. The answer comes before the paper: `state` is how the print stands, see GET /api/v1/prints.

    The same id again, or a card that is being printed: tells of the print that there is, and prints nothing more.
    `empty`: the bin stands empty without its card. That is stored with the answer and told to central, whatever becomes
    of the print: `missing` says how far. It orders nothing: a supervisor does, or the new card's first scan.
    """
    terminal = terminal_of(request)
    content = await object_of(request)
    empty = _empty(content)
    wish = Wish(_id(content, terminal), _body(content, terminal), _reason(content))
    if terminal.register.card(wish.body) is None:
        raise Problem(404, _says(terminal, "This terminal does not know the card."))
    return _shown(await _done(terminal, terminal.prints.desk.print(wish, empty=empty)), terminal)


@router.post("/api/v1/print/answer", responses=answers(JobShown) | refusals(409), openapi_extra=takes(Answer))
async def answer(request: Request) -> dict[str, Any]:
    """Somebody has looked whether a card came out of which the printer said nothing certain."""
    terminal = terminal_of(request)
    content = await object_of(request)
    came_out, job = content.get("printed"), content.get("id")
    if not isinstance(came_out, bool) or not isinstance(job, str) or not ID.fullmatch(job):
        raise Problem(422, 'Expected the print\'s id and whether it came out: {"id": …, "printed": true}.')
    return _shown(await _done(terminal, terminal.prints.desk.answer(job, came_out)), terminal)


@router.get("/api/v1/prints", responses=answers(PrintList) | refusals(503))
async def prints(request: Request) -> dict[str, Any]:
    """The newest prints, newest first."""
    terminal = terminal_of(request)
    jobs = await _done(terminal, terminal.prints.desk.listed(LISTED))
    return {"items": [_shown(job, terminal) for job in jobs], "next": None}


@router.get("/api/v1/print/cards", responses=answers(PlaceList) | refusals(422))
async def cards(request: Request) -> dict[str, Any]:
    """The cards whose bins stand here, for a bin that has lost its own: six, or six ranges in which to look further.

    `first` and `count` name a range of the list, as an answer told them.
    """
    terminal = terminal_of(request)
    found = await terminal.register.at_place(_place(terminal))
    if not found and not terminal.settings.place:
        found = await terminal.register.at_place("")
    return choices(found, Range(*_bounds(request, len(found))))


def _bounds(request: Request, all_: int) -> tuple[int, int]:
    asked = request.query_params.get("first", "0"), request.query_params.get("count", str(all_))
    if not all(text.isascii() and text.isdigit() and len(text) < 9 for text in asked):
        raise Problem(422, "first, count: expected whole numbers.")
    return int(asked[0]), int(asked[1])


def _place(terminal: Terminal) -> str:
    return terminal.settings.place or terminal.settings.name


def _id(content: dict[str, Any], terminal: Terminal) -> str:
    given = content.get("id")
    if given is None:
        return uuid7(terminal.time.shown_ms(), terminal.random_bytes)
    if not isinstance(given, str) or not ID.fullmatch(given):
        raise Problem(422, "id: expected a UUID in lower case.")
    return given


def _body(content: dict[str, Any], terminal: Terminal) -> str:
    """The card, by its body or any code of it; a version is not looked at: any paper of it may be replaced."""
    body, code = content.get("card"), content.get("code")
    if isinstance(body, str) and body:
        try:
            return CardCode(body, 1).body
        except BadCardCode as error:
            raise Problem(422, str(error)) from error
    understood = read(code.encode("utf-8", "surrogatepass"), terminal.register.alias) if isinstance(code, str) else None
    if not isinstance(understood, CardRead):
        raise Problem(422, 'Expected {"card": "7K3QM9X2"}, or a code of it: {"code": "7K3Q-M9X2-01CF"}.')
    return understood.body


def _reason(content: dict[str, Any]) -> PrintReason:
    try:
        return PrintReason(content.get("reason", ""))
    except (ValueError, TypeError) as error:
        raise Problem(422, f"reason: expected one of {', '.join(PrintReason)}.") from error


def _empty(content: dict[str, Any]) -> bool:
    empty = content.get("empty", False)
    if not isinstance(empty, bool):
        raise Problem(422, "empty: expected true or false.")
    if empty and content.get("reason") != PrintReason.LOST:
        raise Problem(422, 'empty: only of a bin whose card is missing: {"reason": "lost", "empty": true}.')
    return empty


async def _done(terminal: Terminal, work: Awaitable[T]) -> T:
    try:
        return await work
    except PrintRefused as error:
        raise Problem(409, _says(terminal, error.template, **error.facts), "Not printed") from error
    except BookFailed as error:
        raise Problem(503, _says(terminal, error.template, **error.facts), "Print book unusable") from error


def _says(terminal: Terminal, template: str, **facts: Any) -> str:
    text = translations(terminal.screen.reader().language).gettext(template)
    return text.format(**facts) if facts else text


def _shown(job: Job, terminal: Terminal) -> dict[str, Any]:
    says = translations(terminal.screen.reader().language).gettext
    shown = print_shown(job, terminal.register.card(job.body), job.at_ms, says)
    return {
        "id": job.id,
        "card": job.body,
        "code": shown.code or None,
        "version": job.version,
        "reason": job.reason,
        "state": job.state,
        "message": shown.message,
        "part": shown.part,
        "missing": "stored" if job.missing == STORED else job.missing,
        "at": rfc3339(job.at_ms),
    }
