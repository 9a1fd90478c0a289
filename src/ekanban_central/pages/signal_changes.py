"""What a list that is being looked at must change: rows to put in or replace, rows to take away, counts to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import JSONResponse
from sqlalchemy import Connection
from starlette.responses import Response

from ekanban_central import signals_counts, signals_view, sites, view, words
from ekanban_central.access import Visitor
from ekanban_central.context import Central
from ekanban_central.rendering import Page, fragment, view_of
from ekanban_central.signal_acts import Done
from ekanban_central.signals_filter import Filter
from ekanban_central.sites import SiteView
from ekanban_central.view import gettext as _
from ekanban_central.view import ngettext
from ekanban_core.facts import Message
from ekanban_core.lifecycle import Step
from ekanban_core.states import Role

MOST_ROWS = 200  # more changes than this: the list loads itself anew


@dataclass(frozen=True, slots=True)
class Changes:
    """What is asked: the list's filter, the ledger position that it shows, and rows to repeat (they fell overdue)."""

    wanted: Filter
    since: int
    again: Sequence[UUID] = field(default=())


def changes_since(request: Request, central: Central, visitor: Visitor, asked: Changes) -> dict[str, Any]:
    """Answer for static/signals.js."""
    now_ms = central.now_ms()
    with central.database.reading() as connection:
        site = sites.own(connection)
        rows = signals_view.changed(connection, site.id, asked.since, MOST_ROWS + 1)
        if len(rows) > MOST_ROWS or asked.since > site.head:
            return {"reload": True}
        rows += signals_view.some(connection, site.id, asked.again) if asked.again else []
        fits = _fitting(connection, site.id, asked.wanted, rows, now_ms)
        fresh = signals_view.opened_since(connection, site.id, asked.since)
        counts, choices = signals_counts.counts(connection, central.shared, site, asked.wanted, now_ms)
    page = Page(visitor, site, "/signals", request.query_params.get("wall") == "1")
    context = {"page": page, "wanted": asked.wanted, "counts": counts, **row_context(visitor, now_ms)}
    with view.seen_as(view_of(request, visitor, site)):
        head = fragment("signals_head.html", filters=choices, **context)
        return {
            "now": now_ms,
            "position": site.head,
            "open": counts.open,
            "head": head,
            "reviews": site.open_reviews,
            "rows": [_row(row, row["id"] in fresh, context) for row in rows if row["id"] in fits],
            "gone": [_gone(row) for row in rows if row["id"] not in fits],
        }


def row_context(visitor: Visitor, now_ms: int) -> dict[str, Any]:
    """What signal_row.html asks for beside its row."""
    return {
        "overdue": partial(signals_view.is_overdue, now_ms=now_ms),
        "steps": signals_view.main_steps,
        "left": view.left,
        "may_act": visitor.may(Role.SUPERVISOR),
    }


def answer_of_act(
    request: Request, central: Central, visitor: Visitor, step: Step, done: Done, site: SiteView
) -> Response:
    """Say what an act did; 409 when it did nothing because the signals have moved on."""
    with central.database.reading() as connection:
        named = [*done.changed, *done.refused]
        rows = {row["id"]: row for row in signals_view.some(connection, site.id, named)}
    with view.seen_as(view_of(request, visitor, site)):
        notices = []
        if done.changed:
            notices.append({"colour": "green", "text": _said(step, [rows[one] for one in done.changed])})
        for signal_id, message in done.refused.items():
            why = view.sentence_of(message)
            notices.append(
                {"colour": "amber", "text": f"{_called(rows[signal_id])}: {why}{_now(rows[signal_id], message)}"}
            )
        if done.missing or not (done.changed or done.refused):
            notices.append({"colour": "amber", "text": _("This signal is not known here. Load the page again.")})
    refused = not done.changed
    return JSONResponse({"notices": notices, "again": [str(one) for one in done.refused]}, 409 if refused else 200)


def _fitting(connection: Connection, site_id: int, wanted: Filter, rows: Sequence[Any], now_ms: int) -> set[UUID]:
    return signals_view.fitting(connection, site_id, wanted, [row["id"] for row in rows], now_ms)


def _row(row: signals_view.Row, fresh: bool, context: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(row["id"]), "fresh": fresh, "html": fragment("signal_row.html", signal=row, **context)}


def _gone(row: signals_view.Row) -> dict[str, str]:
    sign = words.signal_state(row["state"], row["closed_how"])
    return {"id": str(row["id"]), "word": sign.word, "icon": sign.icon, "colour": sign.colour}


def _said(step: Step, rows: Sequence[signals_view.Row]) -> str:
    done = words.done(step)
    if len(rows) == 1:
        return f"{done}: {_called(rows[0])}"
    return f"{done}: " + ngettext("%(num)s signal", "%(num)s signals", len(rows)) % {"num": len(rows)}


def _called(row: signals_view.Row) -> str:
    return f"{row['part']} ({words.card_code(row['body'], row['print_version'])})"


def _now(row: signals_view.Row, message: Message) -> str:
    """Where a signal that has moved on is now; other sentences say that themselves."""
    if message.key != "moved_on":
        return ""
    word = words.signal_state(row["state"], row["closed_how"]).word
    if row["closed_latest_ms"] is None:
        return " " + _("It is now: {state}.").format(state=word)
    return " " + _("{state} at {time}.").format(state=word, time=view.at(row["closed_latest_ms"]))
