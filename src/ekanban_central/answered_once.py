"""What a terminal tells again until it hears that it was heard: each report has one answer, for ever (promise 5).

The same id gets its first answer again; with another content it is set aside under a name made of that content.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel
from sqlalchemy import Connection, Table, select

from ekanban_central.changes import Writer
from ekanban_central.print_reports import ODD, Item, R
from ekanban_central.sets import Counted, Statements, among
from ekanban_core.facts import Moment
from ekanban_core.judgement import Standing

A = TypeVar("A", bound=BaseModel)
A_co = TypeVar("A_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who reports: `site` is the row of the terminal's plant."""

    terminal_id: UUID
    site: Mapping[str, Any]
    standing: Standing


@dataclass(frozen=True, slots=True)
class Taken(Generic[A]):
    """The answers, valid once the transaction is committed. `position`: the ledger's newest, 0: nothing was new."""

    results: list[A]
    position: int


class Taking(Protocol[R, A_co]):
    """Decides new reports; `rows`: what is to be written of them."""

    rows: list[dict[str, Any]]

    def take(self, item: Item[R]) -> A_co:
        """Decide one and note everything."""
        ...


def answers(
    connection: Connection,
    table: Table,
    terminal_id: UUID,
    items: Sequence[Item[R]],
    taking: Taking[R, A],
    kind: type[A],
) -> list[A]:
    """Answer reports in their order: those that `table` has by their first answer, new ones by what `taking` says."""
    known = _known(connection, table, terminal_id, {item.id for item in items})
    results: list[A] = []
    for item in items:
        before = known.get(item.id) or _taken(taking, item.id)
        if before is not None and before["content_hash"] != item.hash:
            item = replace(item, id=uuid5(ODD, item.hash.hex()), report=None, error="conflict")
            before = _taken(taking, item.id) or _known(connection, table, terminal_id, {item.id}).get(item.id)
        if before is not None:
            again = {"id": item.sent_id, "repeated": True, "index": item.index}
            results.append(kind.model_validate({**before["answer"], **again}))
        else:
            results.append(taking.take(item))
    return results


def row(sender: Sender, item: Item[R], result: BaseModel, at: Moment) -> dict[str, Any]:
    """What every such table keeps of a report."""
    return {
        "terminal_id": sender.terminal_id,
        "id": item.id,
        "site_id": sender.site["id"],
        "content_hash": item.hash,
        "answer": result.model_dump(mode="json", exclude={"repeated", "index"}),
        "earliest_ms": at.earliest_ms,
        "latest_ms": at.latest_ms,
    }


def write(
    connection: Connection,
    writer: Writer,
    table: Table,
    rows: Sequence[dict[str, Any]],
    more: Callable[[Statements], None] = lambda statements: None,
) -> int:
    """Write everything, `more` last; returns the site's newest position, 0 where nothing was new.

    rows: with the index of their entry as `position`.
    """
    if not rows:
        return 0
    statements = Statements(connection)
    head = writer.reserve(statements)
    writer.put(statements, head)
    placed = [{**row, "position": writer.before_head(row["position"])} for row in rows]
    statements.insert(table, placed, Counted(head, ("position",)))
    more(statements)
    statements.run()
    return head.position


def _taken(taking: Taking[R, A], key: UUID) -> dict[str, Any] | None:
    """One that stood earlier in the same message."""
    return next((row for row in taking.rows if row["id"] == key), None)


def _known(
    connection: Connection, table: Table, terminal_id: UUID, ids: Collection[UUID]
) -> dict[UUID, dict[str, Any]]:
    statement = select(table.c.id, table.c.content_hash, table.c.answer).where(
        table.c.terminal_id == terminal_id, among(connection, table.c.id, ids)
    )
    return {row["id"]: dict(row) for row in connection.execute(statement).mappings()}
