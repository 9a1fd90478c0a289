"""`ekanban cards render CODE…`: the running central draws copies of the papers in use, and they become files."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ekanban_cli.cards_paper import checked, named, whole
from ekanban_cli.central_client import asked as answered
from ekanban_cli.central_client import client
from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_cli.said import say, shown

MOST, MOST_PICTURES = 250, 25  # cards in one call, as central has it
AT_ONCE = 20  # cards in one call, where each page is a file of its own anyway


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for. url: central's."""

    codes: Sequence[str]
    to: Path
    dpi: int
    layout: str | None
    sheet: str | None
    skip: int
    duplex: str | None
    url: str
    token: str


def only_of_files(options: Mapping[str, Any]) -> None:
    """Refuse options that mean nothing for cards of central's. Raises CommandFailed."""
    given = ", ".join(name for name, value in options.items() if value)
    if given:
        text = _("{options}: only with --from FILE.csv; central's cards carry what central has of it.")
        raise CommandFailed(text.format(options=given))


def no_files(codes: Sequence[str]) -> None:
    """Refuse a file in the place of a card's code: a slip of the hand. Raises CommandFailed."""
    if file := next((code for code in codes if code.lower().endswith((".csv", ".txt"))), None):
        raise CommandFailed(_("{file} is no card; to draw those of a file: --from {file}").format(file=file))


def run(wanted: Asked, as_json: bool) -> None:
    """Have the copies drawn, write them, and say which. Raises CommandFailed; nothing is written then."""
    form = checked(wanted.to, dpi=wanted.dpi, sheet=wanted.sheet, skip=wanted.skip, duplex=wanted.duplex)
    if wanted.duplex == "short":
        raise CommandFailed(_("--duplex: central lays backs out for paper that is turned about its long edge: long."))
    wish = {
        "form": form[1:], "dpi": wanted.dpi, "layout": wanted.layout, "sheet": wanted.sheet, "skip": wanted.skip,
        "duplex": wanted.duplex is not None,
    }  # fmt: skip
    cards: list[dict[str, Any]] = []

    def made(folder: Path) -> list[Path]:
        done: list[Path] = []
        for answer in _answers(wanted, wish):
            cards.extend(answer["cards"])
            for content in answer["files"]:
                done.append(folder / str(len(done)))
                done[-1].write_bytes(b64decode(content))
        return done

    files = whole(wanted.to, made)
    data = {"files": [str(file) for file in files], "cards": cards}
    say("\n".join(_told(files, cards)), data, as_json)


def _answers(wanted: Asked, wish: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Ask in small calls where that changes nothing: a large one could take longer than central allows itself."""
    url = wanted.url.rstrip("/")
    codes = list(dict.fromkeys(wanted.codes))
    pictures = wish["form"] in ("svg", "png")
    most = MOST_PICTURES if pictures else MOST
    at_once = AT_ONCE if pictures and wanted.sheet is None else len(codes)
    if at_once > most:
        text = _("At most {most} cards become one file, got {count}: name fewer, and make several files.")
        raise CommandFailed(text.format(most=most, count=len(codes)))
    with client(url, wanted.token) as central:
        for start in range(0, len(codes), at_once):
            body = {**wish, "cards": codes[start : start + at_once]}
            yield answered(url, partial(central.post, "/api/v1/cards/render", json=body))


def _told(files: Sequence[Path], cards: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    text = _("{file}: copies of cards: {cards}. They say so themselves and are no cards: new papers are printed.")
    yield text.format(file=named(files), cards=len(cards))
    for card in cards:
        yield "  " + "; ".join([f"{card['code']}  {shown(card['part'])}", *_remarks(card)])


def _remarks(card: Mapping[str, Any]) -> Iterator[str]:
    if card["stale"]:
        yield _("its paper shows an old quantity, print it again")
    if not card["exact"]:
        yield _("drawn from what central knows now, because it did not print this paper itself")
