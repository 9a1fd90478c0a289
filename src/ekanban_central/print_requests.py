"""A terminal without a printer of its own asks central to print a replacement.

It prints on central's only printer or, of several, on the one that bears the terminal's name: nothing in the request
names a printer. While a print of the same card is under way no second one is begun.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from ekanban_central import print_jobs, print_rows, printers
from ekanban_central.access import SignedTerminal
from ekanban_central.ids import uuid_of
from ekanban_central.print_rows import ITEM
from ekanban_central.print_wish import OTHERWISE, AskedOtherwise, NoPrinter, NotNow, Printing, Wish
from ekanban_core.texts import gettext as _
from ekanban_core.wire import PrintRequest

FORGOTTEN = _(
    "Central was restored from a backup and has forgotten this print. Look whether it came out before you ask again."
)


def ask(printing: Printing, terminal: SignedTerminal, request: PrintRequest) -> UUID:
    """Make the job, once for each id of a request; returns its id. Raises what `print_jobs.make` raises."""
    request_id = uuid_of(request.id)
    with printing.database.reading() as connection:
        made = print_rows.by_request(connection, terminal.site_id, request_id)
        if made is not None:
            return _same(connection, made["id"], request)
        if request.again:
            raise NotNow(FORGOTTEN)
        print_jobs.not_twice(connection, [request.body])
        printer = _printer(connection, terminal)
    wish = Wish(
        terminal.site_id, None, [request.body], printer=printer, reason=request.reason, request_id=request_id,
        terminal=terminal.id,
    )  # fmt: skip
    return print_jobs.make(printing, wish)


def version(connection: Connection, key: UUID) -> int:
    """The print that a job makes of its card."""
    return int(connection.execute(select(ITEM.c.version).where(ITEM.c.job_id == key).limit(1)).scalar_one())


def _same(connection: Connection, key: UUID, request: PrintRequest) -> UUID:
    body = connection.execute(select(ITEM.c.body).where(ITEM.c.job_id == key).limit(1)).scalar_one()
    if body != request.body:
        raise AskedOtherwise(OTHERWISE)
    return key


def _printer(connection: Connection, terminal: SignedTerminal) -> str:
    own = printers.usable(connection, terminal.site_id)
    if len(own) > 1:
        own = [one for one in own if one.name == terminal.name]
    if len(own) != 1:
        raise NoPrinter(_("No printer stands for this terminal. A supervisor can print the card."))
    return str(own[0].id)
