"""Prints of a job once more, as new prints: no two papers carry the same version.

What of them was unsure counts as missing from then on. Cards that are out of use are left out.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from ekanban_central import print_jobs, print_rows
from ekanban_central.loading import load
from ekanban_central.print_rows import Job
from ekanban_central.print_wish import NoSuchCards, NoSuchJob, NotNow, Printing, Wish
from ekanban_central.printers import UNDER_WAY
from ekanban_core.states import CardState, PaperState, PrintReason
from ekanban_core.texts import gettext as _


def again(
    printing: Printing, site_id: int, person: UUID, key: UUID, places: Collection[int] | None = None,
    printer: str = "", request_id: UUID | None = None,
) -> UUID:  # fmt: skip
    """Print these places of a job, or all whose paper is not there; returns the new job's id.

    printer: its name or id; empty: the one that the job had. Raises what `print_jobs.make` raises.
    """
    with printing.database.reading() as connection:
        job = print_rows.one(connection, site_id, key)
        if job is None:
            raise NoSuchJob
        found = [
            one for one in print_rows.items(connection, key, 0, job.total)
            if (one.place in places if places is not None else one.state is not PaperState.OUT)
        ]  # fmt: skip
        cards = load(connection, [one.body for one in found], lock=False)
    if job.state in UNDER_WAY:
        raise NotNow(_("This job is still under way."))
    if not found:
        raise NoSuchCards(_("Expected a range of the job's cards, from 1 to {total}."), total=job.total)
    bodies = [one.body for one in found if cards[one.body].card.state is not CardState.RETIRED]
    if not bodies:
        raise NoSuchCards(_("Select cards that are still in use."))
    wish = Wish(
        site_id, person, bodies, printer=printer or _printer(job), layout=job.layout, sheet=job.sheet,
        duplex=job.duplex, reason=PrintReason.AGAIN if job.reason is PrintReason.NEW else job.reason,
        request_id=request_id, repeats=key, places=[one.place for one in found],
    )  # fmt: skip
    return print_jobs.make(printing, wish)


def _printer(job: Job) -> str:
    """By its id, because it may have another name by now, and another printer its old one."""
    return job.printer if job.printer_id is None else str(job.printer_id)
