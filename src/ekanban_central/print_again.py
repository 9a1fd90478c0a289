"""Prints of a job once more, as new prints: no two papers carry the same version.

What of them was unsure counts as missing from then on. Cards that are out of use are left out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from ekanban_central import print_jobs, print_rows, printers
from ekanban_central.loading import load
from ekanban_central.print_rows import Job
from ekanban_central.print_wish import NoSuchCards, NoSuchJob, NotNow, Printing, Wish, hash_of
from ekanban_central.printers import UNDER_WAY
from ekanban_core.states import CardState, PrintReason
from ekanban_core.texts import gettext as _


def again(
    printing: Printing, site_id: int, person: UUID, key: UUID, places: Collection[int] | None = None,
    printer: str = "", request_id: UUID | None = None,
) -> UUID:  # fmt: skip
    """Print these places of a job, or all that are missing still (print_rows.wanted); returns the new job's id.

    printer: its name or id; empty: the one that the job had. Raises what `print_jobs.make` raises.
    """
    with printing.database.reading() as connection:
        job = print_rows.one(connection, site_id, key)
        if job is None:
            raise NoSuchJob
        form = _form(connection, site_id, job, printer)
    wish = Wish(
        site_id, person, printer=printer or _printer(job), request_id=request_id, repeats=key, **form,
        reason=PrintReason.AGAIN if job.reason is PrintReason.NEW else job.reason,
        asked="" if places is not None else hash_of("missing", str(key), printer),
    )  # fmt: skip
    if places is None and (made := print_jobs.made_already(printing, wish)):
        return made  # what is missing may have changed since
    return print_jobs.make(printing, _with_cards(printing, wish, job, places))


def _with_cards(printing: Printing, wish: Wish, job: Job, places: Collection[int] | None) -> Wish:
    """The wish with the cards of these places that are still in use."""
    with printing.database.reading() as connection:
        chosen = print_rows.wanted(connection, job.id) if places is None else places
        found = [one for one in print_rows.items(connection, job.id, 0, job.total) if one.place in chosen]
        cards = load(connection, [one.body for one in found], lock=False)
    if job.state in UNDER_WAY:
        raise NotNow(_("This job is still under way."))
    if not found and places is None:
        raise NoSuchCards(_("Nothing of this job is missing any more."))
    if not found:
        raise NoSuchCards(_("Expected a range of the job's cards, from 1 to {total}."), total=job.total)
    bodies = [one.body for one in found if cards[one.body].card.state is not CardState.RETIRED]
    if not bodies:
        raise NoSuchCards(_("Select cards that are still in use."))
    return replace(wish, bodies=bodies, places=[one.place for one in found])


def _form(connection: Connection, site_id: int, job: Job, printer: str) -> dict[str, Any]:
    """Layout and sheet as before; on another printer lies other paper, and its own forms hold."""
    chosen = printers.named(connection, site_id, printer) if printer else None
    if chosen is not None and chosen.id != job.printer_id:
        return {}
    return {"layout": job.layout, "sheet": job.sheet, "duplex": job.duplex}


def _printer(job: Job) -> str:
    """By its id, because it may have another name by now, and another printer its old one."""
    return job.printer if job.printer_id is None else str(job.printer_id)
