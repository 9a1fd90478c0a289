"""The table of print jobs: what is to be printed, who sends it, and how much of it is surely out.

    queued ─▶ sending ─▶ done        all paper is out
      │          ├─────▶ accepted    the printer took all of it and says no more: a key or the first scans tell
      │          ├─────▶ unknown     nobody knows how much came out; never sent again by itself
      │          └─────▶ failed      what is not out will not come out
      └─▶ cancelled     taken back, or none of its prints was worth anything any more when its turn came

A job is sent by one worker, which its row names; one that its worker cannot even begin waits again. `sending` without
a sign of life becomes `unknown` (`silent`), whatever ended the worker. From `accepted`, `unknown` and `failed` people
lead on: they say what came out, or let a range be printed again, which makes new prints. A job whose prints are all
settled is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ekanban_central import tables
from ekanban_central.loading import CARD
from ekanban_central.printers import JOB, PRINTER, UNDER_WAY
from ekanban_central.sets import among
from ekanban_central.signals_view import PERSON
from ekanban_core.states import CardState, PaperState, PrintReason, PrintState
from ekanban_core.texts import gettext as _

ITEM: Table = tables.PrintJobItem.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
SILENT_MS = 60_000  # a sender without a sign of life for so long is gone
AGAIN_MS = 60_000  # programs give up waiting for an answer and ask again within it
OPEN_TO_PEOPLE = (PrintState.ACCEPTED, PrintState.UNKNOWN, PrintState.FAILED)
ENDED_SILENTLY = _("Central ended while this was printed. Look at the printer: which of these cards came out?")

Row = Mapping[str, Any] | RowMapping
Said = dict[str, Any]  # {text, facts}: a text that was marked for translation, and what fills it


@dataclass(frozen=True, slots=True)
class Job:
    """A print job as pages and programs see it."""

    id: UUID
    printer_id: UUID | None
    printer: str
    terminal_id: UUID | None
    state: PrintState
    layout: str
    sheet: str
    skip: int
    duplex: bool
    reason: PrintReason
    person: str
    repeats: UUID | None
    total: int
    printed: int
    made_ms: int
    ended_ms: int | None
    said: Said | None


@dataclass(frozen=True, slots=True)
class Item:
    """One print of a job. `state`: also `out` where a scan has shown since that the paper exists."""

    place: int
    body: str
    version: int
    state: PaperState
    face: Mapping[str, Any]


def add(connection: Connection, job: Row) -> None:
    """Note a new job. Raises IntegrityError where its request has one already."""
    connection.execute(insert(JOB), [dict(job)])


def add_prints(connection: Connection, key: UUID, prints: Sequence[Row]) -> None:
    """Note what it prints."""
    connection.execute(insert(ITEM), [{"job_id": key, "state": PaperState.WAITING, **one} for one in prints])


def by_request(connection: Connection, site_id: int, request_id: UUID) -> Row | None:
    """The id of the job that this request made already, and the hash of what was asked."""
    statement = select(JOB.c.id, JOB.c.request_hash).where(JOB.c.site_id == site_id, JOB.c.request_id == request_id)
    return connection.execute(statement).mappings().one_or_none()


def same_of_late(
    connection: Connection, site_id: int, asked: str, person_id: UUID | None, now_ms: int, without: UUID | None = None
) -> UUID | None:
    """The job that this person has asked for just now in the same words, where no request bears an id.

    It is under way, or was made less than AGAIN_MS ago; one that failed or was taken back is no answer to anybody.
    """
    near = JOB.c.made_ms.between(now_ms - AGAIN_MS + 1, now_ms + AGAIN_MS)  # the clock may have been set back
    late = JOB.c.state.not_in((PrintState.FAILED, PrintState.CANCELLED)) & near
    statement = select(JOB.c.id).where(
        JOB.c.site_id == site_id, JOB.c.request_id.is_(None), JOB.c.request_hash == asked,
        JOB.c.person_id == person_id, or_(JOB.c.state.in_(UNDER_WAY), late), JOB.c.id != (without or UUID(int=0)),
    )  # fmt: skip
    key: UUID | None = connection.execute(statement.order_by(JOB.c.id.desc()).limit(1)).scalar_one_or_none()
    return key


def next_one(connection: Connection, without: Iterable[UUID] = ()) -> UUID | None:
    """The oldest job whose printer is free and central's to send to; without: printers that the worker is busy with."""
    sending = select(JOB.c.printer_id).where(JOB.c.state == PrintState.SENDING, JOB.c.printer_id.is_not(None))
    oldest = (
        select(JOB.c.id)
        .join(PRINTER, JOB.c.printer_id == PRINTER.c.id)
        .where(JOB.c.state == PrintState.QUEUED, PRINTER.c.enabled, PRINTER.c.terminal_id.is_(None))
        .where(JOB.c.terminal_id.is_(None), JOB.c.printer_id.not_in(sending), JOB.c.printer_id.not_in(list(without)))
        .order_by(JOB.c.id)
        .limit(1)
    )
    key: UUID | None = connection.execute(oldest).scalar_one_or_none()
    return key


def claim(connection: Connection, worker: str, now_ms: int, without: Iterable[UUID] = ()) -> Row | None:
    """Take the next job; None where there is none, or somebody else was faster."""
    key = next_one(connection, without)
    return None if key is None else take(connection, key, worker, now_ms)


def take(connection: Connection, key: UUID, worker: str, now_ms: int) -> Row | None:
    """Begin to send a job that is queued; None where somebody else was faster."""
    begun = {"state": PrintState.SENDING, "worker": worker, "seen_ms": now_ms}
    statement = update(JOB).where(JOB.c.id == key, JOB.c.state == PrintState.QUEUED).values(begun).returning(*JOB.c)
    try:
        with connection.begin_nested():
            return connection.execute(statement).mappings().one_or_none()
    except IntegrityError:  # one_sending_job_per_printer
        return None


def give_back(connection: Connection, key: UUID, worker: str) -> None:
    """Let a job that this worker has taken wait again, because nothing of it was sent, nor will be by this worker."""
    ours = (JOB.c.id == key) & (JOB.c.worker == worker) & (JOB.c.state == PrintState.SENDING)
    connection.execute(update(JOB).where(ours).values(state=PrintState.QUEUED, worker=""))


def is_ours(connection: Connection, key: UUID, worker: str) -> bool:
    """Hold a job that this worker sends; False where it was ended in its absence."""
    statement = select(JOB.c.state).where(JOB.c.id == key, JOB.c.worker == worker).with_for_update()
    return connection.execute(statement).scalar_one_or_none() == PrintState.SENDING


def alive(connection: Connection, worker: str, printer_ids: Iterable[UUID], now_ms: int) -> None:
    """Give a sign of life for what this worker sends to these printers."""
    sends = (JOB.c.worker == worker) & (JOB.c.state == PrintState.SENDING)
    where = sends & JOB.c.printer_id.in_(list(printer_ids))
    connection.execute(update(JOB).where(where).values(seen_ms=now_ms))


def end(
    connection: Connection,
    key: UUID,
    state: PrintState,
    now_ms: int,
    said: Said | None = None,
    begun: int | None = None,
) -> None:
    """Note how it ended. Of what is not out, prints up to the place `begun` are unsure, those behind it are missing.

    begun: None where nobody knows, so that all might be out.
    """
    if state in (PrintState.FAILED, PrintState.CANCELLED):
        begun = 0
    waiting = (ITEM.c.job_id == key) & (ITEM.c.state == PaperState.WAITING)
    if begun is not None:
        connection.execute(update(ITEM).where(waiting, ITEM.c.place > begun).values(state=PaperState.MISSING))
    connection.execute(update(ITEM).where(waiting).values(state=PaperState.UNSURE))
    connection.execute(update(JOB).where(JOB.c.id == key).values(state=state, ended_ms=now_ms, said=said))


def leave_out_worthless(connection: Connection, key: UUID) -> list[int]:
    """Take prints out of a job whose paper nobody could use any more; returns the places of those that wait still.

    While they waited, their card got a newer print or was retired.
    """
    worthless = or_(CARD.c.print_version >= ITEM.c.version, CARD.c.state == CardState.RETIRED).label("worthless")
    statement = select(ITEM.c.place, worthless).join(CARD, ITEM.c.body == CARD.c.body)
    rows = connection.execute(
        statement.where(ITEM.c.job_id == key, ITEM.c.state == PaperState.WAITING).order_by(ITEM.c.place)
    ).all()
    out = among(connection, ITEM.c.place, [row.place for row in rows if row.worthless])
    connection.execute(update(ITEM).where(ITEM.c.job_id == key, out).values(state=PaperState.MISSING))
    return [row.place for row in rows if not row.worthless]


def tell(connection: Connection, key: UUID, said: Said | None, now_ms: int) -> None:
    """Give a sign of life, and say what people must do for the job to go on."""
    connection.execute(update(JOB).where(JOB.c.id == key).values(seen_ms=now_ms, said=said))


def silent(connection: Connection, now_ms: int) -> list[Row]:
    """Hold the jobs that nobody sends any more."""
    return [dict(row) for row in connection.execute(_silent(now_ms).with_for_update()).mappings()]


def hold(connection: Connection, site_id: int, key: UUID) -> Row | None:
    """A job of this plant, held until the transaction ends."""
    statement = select(JOB).where(JOB.c.id == key, JOB.c.site_id == site_id).with_for_update()
    return connection.execute(statement).mappings().one_or_none()


def prints(connection: Connection, key: UUID, first: int, last: int) -> list[Row]:
    """Prints of a job from place `first` to place `last`, as they are kept."""
    statement = select(ITEM).where(ITEM.c.job_id == key, ITEM.c.place.between(first, last)).order_by(ITEM.c.place)
    return [dict(row) for row in connection.execute(statement).mappings()]


def prints_now(connection: Connection, bodies: Sequence[str], repeats: UUID | None = None) -> str | None:
    """The printer that is to print some of these cards already; repeats: once more, as this job."""
    under_way = (
        select(JOB.c.printer)
        .join(ITEM, ITEM.c.job_id == JOB.c.id)
        .where(JOB.c.state.in_(UNDER_WAY), among(connection, ITEM.c.body, bodies))
    )
    if repeats is not None:
        under_way = under_way.where(JOB.c.repeats == repeats)
    return connection.execute(under_way.limit(1)).scalar_one_or_none()


def settle(connection: Connection, key: UUID, places: Iterable[int], state: PaperState, now_ms: int) -> None:
    """Note what became of prints, and that the job is done when nothing is left to be found out."""
    some = list(places)
    for start in range(0, len(some), 1_000):
        where = (ITEM.c.job_id == key) & ITEM.c.place.in_(some[start : start + 1_000])
        connection.execute(update(ITEM).where(where).values(state=state))
    count = select(func.count()).select_from(ITEM).where(ITEM.c.job_id == key)
    out = connection.execute(count.where(ITEM.c.state == PaperState.OUT)).scalar_one()
    connection.execute(update(JOB).where(JOB.c.id == key).values(printed=out))
    left = connection.execute(count.where(ITEM.c.state.in_((PaperState.WAITING, PaperState.UNSURE)))).scalar_one()
    done = {"state": PrintState.DONE, "ended_ms": now_ms, "said": None}
    if left == 0:
        in_doubt = JOB.c.state.in_((PrintState.ACCEPTED, PrintState.UNKNOWN))
        whole = JOB.c.state.in_(OPEN_TO_PEOPLE) & (JOB.c.printed == JOB.c.total)
        connection.execute(update(JOB).where(JOB.c.id == key, in_doubt | whole).values(done))


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be tidied up. silent: jobs that nobody sends any more.

    seen, overtaken: by job, prints in doubt that scans have shown, and those of which nobody need find out any more.
    """

    silent: bool
    seen: Mapping[UUID, list[int]]
    overtaken: Mapping[UUID, list[int]]


def due(connection: Connection, now_ms: int, most: int = 500) -> Due:
    """Look for jobs without a sign of life, and for prints in doubt whose card has this paper in use, or newer."""
    seen: dict[UUID, list[int]] = {}
    overtaken: dict[UUID, list[int]] = {}
    statement = (
        select(ITEM.c.job_id, ITEM.c.place, (CARD.c.print_version > ITEM.c.version).label("overtaken"))
        .join(JOB, ITEM.c.job_id == JOB.c.id)
        .join(CARD, ITEM.c.body == CARD.c.body)
        .where(JOB.c.state.in_((PrintState.ACCEPTED, PrintState.UNKNOWN)), ITEM.c.state == PaperState.UNSURE)
        .where(CARD.c.print_version >= ITEM.c.version)
        .limit(most)
    )
    for row in connection.execute(statement):
        (overtaken if row.overtaken else seen).setdefault(row.job_id, []).append(row.place)
    return Due(connection.execute(_silent(now_ms).limit(1)).first() is not None, seen, overtaken)


def _silent(now_ms: int) -> Select[Any]:
    return select(JOB).where(
        JOB.c.state == PrintState.SENDING, JOB.c.terminal_id.is_(None), JOB.c.seen_ms < now_ms - SILENT_MS
    )


def one(connection: Connection, site_id: int, key: UUID) -> Job | None:
    """A job of this plant."""
    statement = _jobs(JOB.c.site_id == site_id, JOB.c.id == key)
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else _job(row)


def listed(
    connection: Connection,
    site_id: int,
    states: Sequence[PrintState] = (),
    printer_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[Job]:
    """The jobs of this plant, newest first; older than `before`."""
    statement = _jobs(JOB.c.site_id == site_id).order_by(JOB.c.id.desc()).limit(limit)
    if states:
        statement = statement.where(JOB.c.state.in_(states))
    if printer_id is not None:
        statement = statement.where(JOB.c.printer_id == printer_id)
    if before is not None:
        statement = statement.where(JOB.c.id < before)
    return [_job(row) for row in connection.execute(statement).mappings()]


def items(connection: Connection, key: UUID, after: int = 0, limit: int = 500) -> list[Item]:
    """The prints of a job behind the place `after`."""
    statement = select(ITEM, CARD.c.print_version).join(CARD, ITEM.c.body == CARD.c.body)
    statement = statement.where(ITEM.c.job_id == key, ITEM.c.place > after).order_by(ITEM.c.place).limit(limit)
    return [_item(row) for row in connection.execute(statement).mappings()]


def wanted(connection: Connection, key: UUID) -> list[int]:
    """The places of a job's prints whose cards are in use and have neither this paper nor newer one."""
    statement = select(ITEM.c.place).join(CARD, ITEM.c.body == CARD.c.body).where(
        ITEM.c.job_id == key, ITEM.c.state != PaperState.OUT, CARD.c.print_version < ITEM.c.version,
        CARD.c.state != CardState.RETIRED,
    )  # fmt: skip
    return list(connection.execute(statement.order_by(ITEM.c.place)).scalars())


def first_parts(connection: Connection, keys: Sequence[UUID]) -> dict[UUID, str]:
    """The part of each job's first card."""
    statement = select(ITEM.c.job_id, ITEM.c.face).where(ITEM.c.job_id.in_(keys), ITEM.c.place == 1)
    return {row.job_id: str(row.face["part"]) for row in connection.execute(statement)}


def of_card(connection: Connection, body: str, limit: int = 20) -> list[tuple[Item, Job]]:
    """The prints of a card that jobs made, newest first, each with its job."""
    statement = select(ITEM, CARD.c.print_version).join(CARD, ITEM.c.body == CARD.c.body).where(ITEM.c.body == body)
    rows = list(connection.execute(statement.order_by(ITEM.c.version.desc()).limit(limit)).mappings())
    keys = {row["job_id"] for row in rows}
    jobs = {row["id"]: _job(row) for row in connection.execute(_jobs(JOB.c.id.in_(keys))).mappings()}
    return [(_item(row), jobs[row["job_id"]]) for row in rows]


def _jobs(*where: ColumnElement[bool]) -> Any:
    person = func.coalesce(func.nullif(PERSON.c.display_name, ""), PERSON.c.name, "").label("person")
    return select(*JOB.c, person).outerjoin(PERSON, JOB.c.person_id == PERSON.c.id).where(and_(*where))


def _job(row: Row) -> Job:
    values = {name: row[name] for name in Job.__slots__}
    return Job(**{**values, "state": PrintState(row["state"]), "reason": PrintReason(row["reason"])})


def _item(row: Row) -> Item:
    state = PaperState(row["state"])
    if state is PaperState.UNSURE and row["print_version"] == row["version"]:
        state = PaperState.OUT
    return Item(row["place"], row["body"], row["version"], state, row["face"])
