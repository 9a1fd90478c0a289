"""What stands on a card's paper: its row, its loop's and its site's, in the words of the plant's language.

LoopbackAddress  phones could not open what the code on the paper says
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, func, select

from ekanban_central.ledger import SITE
from ekanban_central.loading import CARD, DESTINATION, LOOP, PART, SOURCE
from ekanban_central.pictures import Pictures
from ekanban_central.print_engine import Paper
from ekanban_core import card_words
from ekanban_core.addresses import leads_nowhere
from ekanban_core.card_code import CardCode
from ekanban_core.errors import EkanbanError
from ekanban_core.states import CardState, LocationKind
from ekanban_core.texts import gettext as _
from ekanban_labels.face import CardFace, Kind
from ekanban_labels.pictures import Picture

Row = Mapping[str, Any]
LAYOUT = "layout"  # beside the face, in what a job keeps


class LoopbackAddress(EkanbanError):
    """Cards would lead phones nowhere."""


@dataclass(frozen=True, slots=True)
class SiteWords:
    """What all cards of a plant have in common. base_url: as phones reach central, without a slash at its end."""

    base_url: str
    owner: str
    language: str
    zone: ZoneInfo
    captions: dict[str, str]


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """What is printed of one card, but for its version and date. `picture`: a key of the pictures, or nothing."""

    body: str
    loop_id: UUID
    number: int
    columns: Row


_LAST_NUMBER = (
    select(func.max(CARD.c.number))
    .where(CARD.c.loop_id == LOOP.c.id, CARD.c.state != CardState.RETIRED)
    .correlate(LOOP)
    .scalar_subquery()
)
LOOPS: Select[Any] = (
    select(
        LOOP.c.id.label("loop_key"), LOOP.c.site_id, LOOP.c.bin, LOOP.c.kind, LOOP.c.quantity, LOOP.c.container,
        LOOP.c.lead_time_s, LOOP.c.supplier_part, LOOP.c.remark, LOOP.c.layout, PART.c.number.label("part"),
        PART.c.description, PART.c.unit, PART.c.picture, SOURCE.c.name.label("source"),
        SOURCE.c.kind.label("source_kind"), DESTINATION.c.name.label("destination"), _LAST_NUMBER.label("cards"),
    )
    .join(PART, LOOP.c.part_id == PART.c.id)
    .join(SOURCE, LOOP.c.source_id == SOURCE.c.id)
    .join(DESTINATION, LOOP.c.destination_id == DESTINATION.c.id)
)  # fmt: skip


def site_words(connection: Connection, site_id: int, default_url: str) -> SiteWords:
    """What this plant prints on all its cards; `default_url` where it has no address of its own."""
    row = connection.execute(select(SITE).where(SITE.c.id == site_id)).mappings().one()
    return SiteWords(
        base_url=(row["base_url"] or default_url).rstrip("/"),
        owner=row["owner"],
        language=row["language"],
        zone=ZoneInfo(row["time_zone"]),
        captions=card_words.captions(row["language"]),
    )


def check_address(words: SiteWords) -> None:
    """Refuse an address that leads every phone to itself. Raises LoopbackAddress."""
    if leads_nowhere(words.base_url):
        raise LoopbackAddress(
            _(
                "Cards would carry the address {address}, at which no phone finds central. An administrator sets the"
                " plant's address (base_url) first."
            ),
            address=words.base_url,
        )


def facts_of(connection: Connection, bodies: Sequence[str]) -> list[PaperFacts]:
    """What is printed of these cards, in their order; cards that do not exist are left out."""
    cards = select(CARD.c.body, CARD.c.loop_id, CARD.c.number)
    found: dict[str, Row] = {}
    for some in _pieces(bodies):
        rows = connection.execute(cards.where(CARD.c.body.in_(some))).mappings()
        found |= {row["body"]: row for row in rows}
    loops = loop_columns(connection, {row["loop_id"] for row in found.values()})
    return [
        PaperFacts(body, found[body]["loop_id"], found[body]["number"], loops[found[body]["loop_id"]])
        for body in bodies
        if body in found
    ]


def loop_columns(connection: Connection, loop_ids: Iterable[UUID]) -> dict[UUID, Row]:
    """What loops say on all their cards, by id."""
    found: dict[UUID, Row] = {}
    for some in _pieces(sorted(loop_ids)):
        rows = connection.execute(LOOPS.where(LOOP.c.id.in_(some))).mappings()
        found |= {row["loop_key"]: dict(row) for row in rows}
    return found


def face_of(
    facts: PaperFacts, version: int, words: SiteWords, now_ms: int | None, picture: Picture | None = None
) -> CardFace:
    """One print of a card; now_ms: when it is printed, None where nobody knows."""
    code, row = CardCode(facts.body, version), facts.columns
    supplier = row["source"] if row["source_kind"] == LocationKind.SUPPLIER else ""
    printed = "" if now_ms is None else f"{datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(words.zone):%Y-%m-%d}"
    return CardFace(
        part=row["part"], description=row["description"], quantity=str(row["quantity"]), unit=row["unit"],
        container=row["container"], source=row["source"], destination=row["destination"], bin=row["bin"],
        code=code.shown, barcode=f"15K{code.text}", matrix=f"{words.base_url}/c/{code.text}",
        supplier=supplier, supplier_part=row["supplier_part"], kind=Kind(row["kind"]),
        card=facts.number, cards=row["cards"],
        lead_time=card_words.lead_time(row["lead_time_s"], words.language), version=version,
        printed=printed, owner=words.owner,
        remark=row["remark"], picture=picture, captions=words.captions,
    )  # fmt: skip


def kept(paper: Paper, picture: str | None) -> dict[str, Any]:
    """A print as a job keeps it; picture: the key of its picture."""
    face = paper.face
    columns = asdict(replace(face, picture=None, captions={}))
    return {**columns, "kind": str(face.kind), "picture": picture, "captions": face.captions, LAYOUT: paper.layout}


def paper_from(columns: Row, pictures: Pictures) -> Paper:
    """The print that a job has kept."""
    face = {name: value for name, value in columns.items() if name != LAYOUT}
    picture = None if columns["picture"] is None else pictures.read(columns["picture"])
    return Paper(CardFace(**{**face, "kind": Kind(columns["kind"]), "picture": picture}), columns[LAYOUT])


def _pieces(keys: Sequence[Any], size: int = 1_000) -> Iterable[Sequence[Any]]:
    """SQLite takes only so many parameters."""
    return (keys[start : start + size] for start in range(0, len(keys), size))
