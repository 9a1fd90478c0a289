"""The local API: one scan as if a scanner had read it, how things stand, and what people do about single scans."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from ekanban_core.refusals import refusals
from ekanban_core.states import Intent
from ekanban_core.texts import translations
from ekanban_core.wire import SignalBrief
from ekanban_terminal.api_shape import (
    Health,
    KeptList,
    Readiness,
    ScanShown,
    ScanWish,
    StatusOut,
    Which,
    answers,
    takes,
)
from ekanban_terminal.clock import rfc3339
from ekanban_terminal.errors import JournalError
from ekanban_terminal.journal_types import Kept
from ekanban_terminal.problems import Problem
from ekanban_terminal.runtime import RELEASE, Terminal
from ekanban_terminal.state import Entry
from ekanban_terminal.station import Input, NothingToUndo, Taken

ANSWER_S = 1.5  # how long a scan may wait for central's answer

T = TypeVar("T")

router = APIRouter()


@router.post("/api/v1/scan", responses=answers(ScanShown), openapi_extra=takes(ScanWish))
async def scan(request: Request) -> dict[str, Any]:
    """Read a code. 200: it is stored, whatever the outcome says; 503: it is not."""
    content = await object_of(request)
    code = content.get("code")
    if not isinstance(code, str) or not code:
        raise Problem(422, 'code: expected what stands on the card, {"code": "7K3Q-M9X2-01CF"}.')
    raw = code.encode("utf-8", "surrogatepass")
    return _answer(*await terminal_of(request).readings.read(Input(raw, intent=_intent(content)), ANSWER_S))


@router.post("/api/v1/undo", responses=answers(ScanShown) | refusals(409), openapi_extra=takes(None))
async def undo(request: Request) -> dict[str, Any]:
    """Take back this station's last scan."""
    terminal = terminal_of(request)
    try:
        taken = await terminal.station.undo()
    except NothingToUndo as error:
        says = translations(terminal.screen.reader().language).gettext
        raise Problem(409, says(str(error)), "Nothing to take back") from error
    return _answer(*await terminal.readings.show(taken, ANSWER_S))


@router.post("/api/v1/acknowledge-refused", responses=answers(Which) | refusals(404), openapi_extra=takes(Which))
async def acknowledge_refused(request: Request) -> dict[str, Any]:
    """Somebody has seen that a scan, shown green here, was refused at central."""
    terminal = terminal_of(request)
    kept = await _kept(request, terminal)
    if not await _stored(terminal.store.acknowledge(kept)):
        raise Problem(404, "No refusal of this id waits to be seen.")
    terminal.screen.changed(reread=True)
    return {"id": kept.id}


@router.get("/api/v1/refused", responses=answers(KeptList) | refusals(503))
async def refused(request: Request) -> dict[str, Any]:
    """Shown green here, refused at central, not yet seen by anyone; newest first."""
    return {"items": [_kept_shown(kept) for kept in await _stored(terminal_of(request).store.refused())], "next": None}


@router.get("/api/v1/dead", responses=answers(KeptList) | refusals(503))
async def dead(request: Request) -> dict[str, Any]:
    """Scans that central could not take, newest first."""
    return {"items": [_kept_shown(kept) for kept in await _stored(terminal_of(request).store.dead())], "next": None}


@router.post("/api/v1/dead/replay", responses=answers(ScanShown) | refusals(404, 409), openapi_extra=takes(Which))
async def replay(request: Request) -> dict[str, Any]:
    """Read a dead scan again: a new scan of now with the same bytes and intent."""
    terminal = terminal_of(request)
    kept = await _kept(request, terminal)
    if kept.state != "dead":
        raise Problem(409, "Only a scan that central could not take is replayed.")
    return _answer(*await terminal.readings.show(await terminal.station.replay(kept), ANSWER_S))


@router.get("/api/v1/status", responses=answers(StatusOut))
async def status(request: Request) -> dict[str, Any]:
    """How everything stands."""
    terminal = terminal_of(request)
    state, about, counts = terminal.screen.state(), terminal.register.about, terminal.store.counts
    return {
        "release": RELEASE,
        "name": state.station.name,
        "does": state.station.does,
        "plant": state.plant,
        "terminal": terminal.identity.terminal if terminal.identity else None,
        "central": {
            "state": state.central.state,
            "since": rfc3339(state.central.since_ms),
            "url": (terminal.settings.central or terminal.identity.url) if terminal.identity else None,
        },
        "journal": {
            "stored": counts.stored,
            "sent_again": counts.again,
            "dead": counts.dead,
            "refused": len(state.refused),
            "limit": state.limit,
            "problem": terminal.store.problem,
        },
        "register": {"loaded": about.loaded, "position": about.position, "problem": terminal.register.problem},
        "scanners": [scanner.model_dump(mode="json") for scanner in state.scanners],
        "printer": _printer_shown(terminal),
        "alarms": [alarm.model_dump(mode="json") for alarm in state.alarms],
        "last": _entry_shown(state.last) if state.last else None,
    }


@router.get("/healthz", responses=answers(Health, 503))
async def healthz(request: Request, response: Response) -> dict[str, Any]:
    """Whether scans can be taken: journal, scanners' reader, courier, screen."""
    terminal = terminal_of(request)
    problem, ended = terminal.store.problem, terminal.dead_tasks()
    if problem is not None or ended or not terminal.started:
        response.status_code = 503
    return {"ok": response.status_code != 503, "journal": problem, "ended": ended}


@router.get("/readyz", responses=answers(Readiness, 503))
async def readyz(request: Request, response: Response) -> dict[str, Any]:
    """Whether the next scan will be stored."""
    terminal = terminal_of(request)
    stops = [alarm.key for alarm in terminal.screen.state().alarms if alarm.stop]
    if stops or not terminal.started:
        response.status_code = 503
    return {"ok": response.status_code != 503, "alarms": stops}


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """The same for Prometheus."""
    from ekanban_terminal.metrics import TYPE, exposition  # a terminal that nobody watches need not load it

    return Response(exposition(terminal_of(request)), media_type=TYPE)


def terminal_of(request: Request) -> Terminal:
    """The terminal of this application."""
    terminal: Terminal = request.app.state.terminal
    return terminal


async def object_of(request: Request) -> dict[str, Any]:
    """The JSON object that a request brings; else a Problem."""
    try:
        content = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"Expected JSON in UTF-8: {error}.") from error
    if not isinstance(content, dict):
        raise Problem(422, "Expected a JSON object.")
    return content


def _intent(content: dict[str, Any]) -> Intent | None:
    word = content.get("intent")
    if word is None:
        return None
    try:
        return Intent(word)
    except ValueError as error:
        raise Problem(422, f"intent: expected one of {', '.join(Intent)}.") from error


async def _kept(request: Request, terminal: Terminal) -> Kept:
    scan_id = (await object_of(request)).get("id")
    kept = await _stored(terminal.store.one(scan_id)) if isinstance(scan_id, str) and scan_id.isascii() else None
    if kept is None:
        raise Problem(404, "The journal has no scan of this id.")
    return kept


async def _stored(work: Awaitable[T]) -> T:
    try:
        return await work
    except JournalError as error:
        raise Problem(503, str(error), "Journal unusable") from error


def _answer(taken: Taken, entry: Entry) -> dict[str, Any]:
    if not taken.stored:
        raise Problem(503, entry.message, "Not stored", id=entry.id)
    return _entry_shown(entry)


def _entry_shown(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "outcome": entry.outcome,
        "message": entry.message,
        "card": entry.card,
        "signal": _signal_shown(entry.signal) if entry.signal else None,
        "pending": entry.pending,
        "colour": entry.colour,
        "code": entry.code,
        "intent": entry.intent,
    }


def _printer_shown(terminal: Terminal) -> dict[str, Any]:
    """The printer of this terminal, and what becomes of cards that are printed again."""
    state, desk = terminal.screen.state(), terminal.prints.desk
    return {
        "printer": state.printer.model_dump(mode="json") if state.printer else None,
        "newest": {"id": state.printed.id, "state": state.printed.state} if state.printed else None,
        "in_doubt": len(state.asked),
        "problem": str(desk.problem) if desk.problem else None,
    }


def _signal_shown(signal: SignalBrief) -> dict[str, Any]:
    times = {"opened": rfc3339(signal.opened_ms), "due": rfc3339(signal.due_ms)}
    return signal.model_dump(mode="json") | times


def _kept_shown(kept: Kept) -> dict[str, Any]:
    """A scan of the journal; what was read is data (promise 18), so it comes as base64 too."""
    entry = Entry.model_validate_json(kept.shown)
    return {
        **_entry_shown(entry),
        "pending": kept.answer is None,
        "state": kept.state,
        "at": rfc3339(entry.at_ms),
        "part": entry.part,
        "raw": kept.message.raw,
        "central": kept.answer.model_dump(mode="json", include={"outcome", "message"}) if kept.answer else None,
    }
