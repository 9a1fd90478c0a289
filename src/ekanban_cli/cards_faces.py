"""From a row of the CSV file to a card's face: every value is checked, and a missing code is drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ekanban_cli.cards_csv import Faults
from ekanban_cli.language import _
from ekanban_cli.said import told
from ekanban_core.card_code import CardCode, random_body
from ekanban_core.card_typed import typed
from ekanban_core.csv_rows import Row
from ekanban_core.csv_rows import shown as _short
from ekanban_core.errors import BadCardCode, EkanbanError
from ekanban_labels import pictures
from ekanban_labels.errors import BadPicture, LabelError, Refused
from ekanban_labels.face import CardFace, Kind
from ekanban_labels.pictures import Picture

FILLED = ("part", "quantity", "source", "destination")  # a card without these tells nobody what to do
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_LONG_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_COMMA = re.compile(r"[0-9]+,[0-9]+")
_GROUPED = re.compile(r"([1-9][0-9]{0,2}(?:(?P<by>[.,'’ \u00a0\u202f])[0-9]{3})(?:(?P=by)[0-9]{3})*)([.,][0-9]+)?")
_COUNT = re.compile(r"[1-9][0-9]{0,5}")
PICTURES_KEPT = 64
COLUMNS = {  # of what a layout shows in one place
    "amount": "quantity, unit", "supply": "supplier, supplier_part", "count": "card, cards", "place": "destination",
    "barcode": "code", "matrix": "code",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """A card that has been taken: its place in the file, and whether its code was drawn."""

    line: int
    part: str
    code: str
    drawn: bool


@dataclass(slots=True)
class Reader:
    """Makes faces of rows. folder: where pictures may lie; url: what is in front of /c/<code>, or nothing."""

    faults: Faults
    folder: Path
    url: str
    owner: str
    printed: str
    captions: dict[str, str]
    random_bytes: Callable[[int], bytes]
    only: frozenset[str] = frozenset()  # codes; empty: all cards
    taken: dict[str, Drawn] = field(default_factory=dict)  # by body

    def faces(self, rows: Iterable[Row]) -> Iterator[CardFace]:
        """Give the faces of the rows that are right; the others become faults."""
        seen: dict[str, int] = {}
        for row in rows:
            before = self.faults.count
            code = self._code(row, seen)
            face = self._face(row, code)
            if code is None or self.faults.count > before:
                continue
            if self.only and code.text not in self.only:
                continue
            self.taken[code.body] = Drawn(row.line, row["part"], code.shown, not row["code"])
            yield face

    def refused(self, face: CardFace, error: Refused) -> None:
        """Note why a card cannot be printed, by the columns of its line or by the option that all cards share."""
        line = self.taken[CardCode.parse(face.code).body].line
        for problem in error.problems:
            if problem.about == "owner":
                self.faults.add_option("--owner", problem.sentence(_))
            elif problem.about == "matrix" and self.url:
                self.faults.add_option("--base-url", problem.sentence(_))
            else:
                self.faults.add(line, COLUMNS.get(problem.about, problem.about), problem.sentence(_))

    def _code(self, row: Row, seen: dict[str, int]) -> CardCode | None:
        if not row["code"]:
            while (body := random_body(self.random_bytes)) in seen:
                pass  # a chance of one in a hundred million, at ten thousand cards
            seen[body] = row.line
            return CardCode(body, 1)
        try:
            code = typed(row["code"])
        except BadCardCode as error:
            self.faults.add(row.line, "code", told(error))
            return None
        if code.body in seen:
            self.faults.add(row.line, "code", _("this card stands on line {line} already").format(line=seen[code.body]))
            return None
        seen[code.body] = row.line
        return code

    def _face(self, row: Row, code: CardCode | None) -> CardFace:
        for column in FILLED:
            if not row[column]:
                self.faults.add(row.line, column, _("this value is missing"))
        card, cards = self._count(row, "card"), self._count(row, "cards")
        if card and cards and card > cards:
            self.faults.add(row.line, "card", _("card {card} of {cards}").format(card=card, cards=cards))
        if cards and not row["card"]:
            text = _("which one of the {cards} is it? Each card has a line of its own")
            self.faults.add(row.line, "card", text.format(cards=cards))
        self._check_quantity(row)
        text, shown, version = (code.text, code.shown, code.version) if code else ("", "", 1)
        return CardFace(
            part=row["part"], description=row["description"], quantity=row["quantity"], unit=row["unit"],
            container=row["container"], source=row["source"], destination=row["destination"], code=shown,
            barcode=f"15K{text}", matrix=f"{self.url}/c/{text}" if self.url else f"15K{text}",
            supplier=row["supplier"], supplier_part=row["supplier_part"], kind=self._kind(row), card=card, cards=cards,
            lead_time=row["lead_time"], version=version, printed=self.printed, owner=self.owner, remark=row["remark"],
            picture=self._picture(row), captions=self.captions,
        )  # fmt: skip

    def _check_quantity(self, row: Row) -> None:
        quantity = row["quantity"]
        if not quantity or (_NUMBER.fullmatch(quantity) and float(quantity) > 0):
            return
        text, facts = _wrong_quantity(quantity)
        self.faults.add(row.line, "quantity", text.format(got=_short(quantity), **facts))

    def _count(self, row: Row, column: str) -> int:
        if row[column] and not _COUNT.fullmatch(row[column]):
            text = _("expected a whole number from 1, got {got}").format(got=_short(row[column]))
            self.faults.add(row.line, column, text)
            return 0
        return int(row[column] or 0)

    def _kind(self, row: Row) -> Kind:
        try:
            return Kind(row["kind"].lower() or Kind.WITHDRAWAL)
        except ValueError:
            text = _("expected {kinds}, got {got}").format(kinds=", ".join(Kind), got=_short(row["kind"]))
            self.faults.add(row.line, "kind", text)
            return Kind.WITHDRAWAL

    def _picture(self, row: Row) -> Picture | None:
        if not row["picture"]:
            return None
        try:
            return _read(self.folder, row["picture"])
        except _NotHere as error:
            self.faults.add(row.line, "picture", str(error))
        except LabelError as error:
            self.faults.add(row.line, "picture", told(error))
        return None


def _wrong_quantity(quantity: str) -> tuple[str, dict[str, str]]:
    """Say how a quantity is written; what "1,000" means, only its writer knows."""
    grouped = _GROUPED.fullmatch(quantity)
    if grouped and grouped[3] is None and _COMMA.fullmatch(quantity):
        facts = {"whole": quantity.replace(",", ""), "better": quantity.replace(",", ".")}
        return _("expected a number without separators, got {got}; write {whole}, or {better} if the comma is the "
                 "decimal point"), facts  # fmt: skip
    if grouped and not (grouped[3] or "").startswith(grouped["by"]):
        better = re.sub(r"[^0-9]", "", grouped[1]) + (grouped[3] or "").replace(",", ".")
        return _("expected a number without separators, got {got}; write {better}"), {"better": better}
    if _COMMA.fullmatch(quantity):
        return _("expected a decimal point, got {got}; write {better}"), {"better": quantity.replace(",", ".")}
    if _LONG_NUMBER.fullmatch(quantity) and not _NUMBER.fullmatch(quantity):
        return _("expected at most 9 digits before the decimal point and 6 after it, got {got}"), {}
    return _("expected a number above 0, got {got}; the unit has a column of its own"), {}


class _NotHere(EkanbanError):
    """There is no such picture."""


@lru_cache(PICTURES_KEPT)
def _read(folder: Path, name: str) -> Picture:
    """Read a picture that lies in the folder of the CSV file or below; links that lead out of it are not followed."""
    try:
        file = (folder / name).resolve()
        inside = file.is_relative_to(folder.resolve())
        if inside and file.is_file():
            with file.open("rb") as opened:
                content = opened.read(pictures.MOST_BYTES + 1)
            if len(content) > pictures.MOST_BYTES:  # told with the whole size, which was not read
                raise BadPicture(pictures.TOO_MANY_BYTES, bytes=file.stat().st_size, most=pictures.MOST_BYTES)
            return pictures.read(content)
    except (OSError, ValueError, RuntimeError):  # unreadable, NUL in the name, links in a circle
        inside = True
    if not inside:
        raise _NotHere(
            _("pictures lie in the folder of the CSV file or below, {got} does not").format(got=_short(name))
        )
    raise _NotHere(_("there is no file {got} that can be read").format(got=_short(name)))
