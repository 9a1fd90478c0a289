"""`ekanban cards render`: a CSV file becomes cards on paper, whole or not at all."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ekanban_cli import cards_csv
from ekanban_cli.cards_faces import Drawn, Reader
from ekanban_cli.cards_paper import Counted, Paper, named, write
from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_cli.said import say, shown
from ekanban_core.addresses import is_web_address, leads_nowhere
from ekanban_core.card_code import CardCode
from ekanban_core.card_typed import typed
from ekanban_core.csv_rows import Lines
from ekanban_labels import words
from ekanban_labels.sheets import pages

MOST_LISTED = 20  # cards whose codes were drawn, in the text for people; --json has all


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for."""

    codes: tuple[str, ...]
    file: str | None
    paper: Paper
    base_url: str | None
    loopback: bool
    owner: str


def run(wish: Wish, as_json: bool) -> None:
    """Draw the cards, and say which. Raises CommandFailed with everything that is wrong."""
    url, only = _url(wish), frozenset(typed(code).text for code in wish.codes)
    faults, paper = cards_csv.Faults(), wish.paper
    with _opened(wish.file) as (file, folder):
        printed = datetime.now().astimezone().date().isoformat()
        captions = {name: _(word) for name, word in words.CAPTIONS.items()}
        reader = Reader(faults, folder, url, wish.owner, printed, captions, secrets.token_bytes, only)
        faces = reader.faces(cards_csv.rows(file, faults))
        drawn = Counted(
            pages(
                faces, paper.layout, paper.profile,
                sheet=paper.sheet, skip=paper.skip, duplex=paper.duplex, refused=reader.refused,
            ),
            shows=True,
        )  # fmt: skip
        files = write(paper, drawn, _("Cards"), lambda: _check(faults, reader, only))
    _tell(files, list(reader.taken.values()), drawn.count, as_json)


def _url(wish: Wish) -> str:
    if wish.base_url is None:
        return ""
    url = wish.base_url.rstrip("/")
    if not is_web_address(url):
        text = _("--base-url: expected an address such as https://kanban.plant.example, got {url}.")
        raise CommandFailed(text.format(url=ascii(wish.base_url)))
    if leads_nowhere(url) and not wish.loopback:
        text = _("--base-url: a phone that reads {url} on a card would look for central in itself; give the address "
                 "that others use (or --allow-loopback, to try it here).")  # fmt: skip
        raise CommandFailed(text.format(url=url))
    return url


@contextmanager
def _opened(name: str | None) -> Iterator[tuple[Lines, Path]]:
    """The file, and the folder in which its pictures lie."""
    if name is None:
        text = _("Name cards that the running central knows, or give --from FILE.csv (its columns: "
                 "`ekanban cards render --help`).")  # fmt: skip
        raise CommandFailed(text)
    if name == "-":
        if sys.stdin is None:
            raise CommandFailed(_("stdin is closed: there is no file to read."))
        yield _Readable(sys.stdin.buffer, "-"), Path()
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 closed below; only opening may fail here
    except OSError as error:
        raise _unreadable(name, error) from error
    with file:
        yield _Readable(file, name), Path(name).parent


class _Readable:
    """A file of bytes that says itself when it cannot be read on; otherwise what is written seems to be at fault."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name

    def readline(self, size: int = -1, /) -> bytes:
        """The next line, or its first `size` bytes. Raises CommandFailed."""
        try:
            return self._file.readline(size)
        except OSError as error:
            raise _unreadable(self._name, error) from error


def _unreadable(name: str, error: OSError) -> CommandFailed:
    return CommandFailed(_("{file} cannot be read: {why}.").format(file=name or '""', why=error.strerror))


def _check(faults: cards_csv.Faults, reader: Reader, only: frozenset[str]) -> None:
    faults.check()
    missing = only - {CardCode.parse(one.code).text for one in reader.taken.values()}
    if missing:
        shown = ", ".join(sorted(CardCode.parse(code).shown for code in missing))
        raise CommandFailed(_("These cards are not in the file: {codes}. Nothing was written.").format(codes=shown))


def _tell(files: list[Path], cards: list[Drawn], count: int, as_json: bool) -> None:
    drawn = [card for card in cards if card.drawn]
    text = _("{file}: cards: {cards}, pages: {pages}")
    lines = [text.format(file=named(files), cards=len(cards), pages=count)]
    if drawn:
        lines.append(_("Codes were drawn for cards that had none; central must know them before they are scanned:"))
        lines += [f"  {card.code}  {shown(card.part)}" for card in drawn[:MOST_LISTED]]
    if len(drawn) > MOST_LISTED:
        lines.append(_("  and {count} more; --json names all").format(count=len(drawn) - MOST_LISTED))
    data = {"files": [str(file) for file in files], "pages": count, "cards": [asdict(card) for card in cards]}
    say("\n".join(lines), data, as_json)
