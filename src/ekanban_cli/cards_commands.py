"""`ekanban cards command-cards` and `self-test`: codes of core and drivers, drawn by labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ekanban_cli.cards_paper import Counted, Paper, named, paper, write
from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_cli.said import say
from ekanban_core.card_code import CardCode
from ekanban_core.reading import COMMAND
from ekanban_core.states import Intent
from ekanban_drivers import calibration
from ekanban_labels import sheet
from ekanban_labels.commands import command_face, command_layout, line_face, line_layout
from ekanban_labels.face import CardFace
from ekanban_labels.sheets import pages

PAPERS = ("a4", "letter")
SPECIMEN = CardCode("7K3QM9X2", 1)  # the test vector of the card code: belongs to no card
SYMBOLS = "!\"#$%&'()*+,-./", ":;<=>?@[\\]^_{|}~"
_NAMES = {"\x1d": "<GS>", "\x1e": "<RS>", "\x04": "<EOT>"}

_WORDS = {
    Intent.EMPTY: (_("Empty"), _("The bin is empty: order the next one.")),
    Intent.ACKNOWLEDGE: (_("Acknowledge"), _("The source has seen the demand.")),
    Intent.START: (_("Start"), _("The source begins to work on it.")),
    Intent.READY: (_("Ready"), _("The full bin waits for transport.")),
    Intent.SHIP: (_("Ship"), _("The full bin is on its way.")),
    Intent.RECEIVE: (_("Receive"), _("The full bin has arrived.")),
    Intent.WITHDRAW: (_("Withdraw"), _("A part of the bin was taken.")),
    Intent.LOOKUP: (_("Look up"), _("Say what this card is; nothing changes.")),
    Intent.UNDO: (_("Undo"), _("Take back the last scan of this station.")),
}


def command_cards(to: Path, dpi: int, sheet_name: str | None, skip: int, as_json: bool) -> None:
    """Draw one card for each intent."""
    chosen = paper(to, dpi=dpi, layout=command_layout, sheet=sheet_name, skip=skip)
    _draw(chosen, list(_commands()), _("Command cards"), as_json)


def self_test(to: Path, dpi: int, size: str, as_json: bool) -> None:
    """Draw the lines of the self-test on one sheet."""
    if size not in PAPERS:
        raise CommandFailed(_("--paper: expected {known}, got {got}.").format(known=", ".join(PAPERS), got=size))
    chosen = paper(to, dpi=dpi, layout=line_layout, sheet=sheet.named(f"{size}-self-test"))
    words = {"code": _("Must be read as")}
    _draw(chosen, [replace(line, captions=words) for line in _lines()], _("Scanner self-test"), as_json)


def _draw(chosen: Paper, faces: list[CardFace], title: str, as_json: bool) -> None:
    drawn = Counted(pages(faces, chosen.layout, chosen.profile, sheet=chosen.sheet, skip=chosen.skip))
    files = write(chosen, drawn, title, lambda: None)
    data = {"files": [str(file) for file in files], "codes": [face.barcode or face.matrix for face in faces]}
    say(
        _("{file}: codes: {codes}, pages: {pages}").format(file=named(files), codes=len(faces), pages=drawn.count),
        data,
        as_json,
    )


def _commands() -> Iterator[CardFace]:
    for intent in Intent:
        word, meaning = _WORDS[intent]
        how = _("It happens at once.") if intent is Intent.UNDO else _("Scan this, then the card, within 10 seconds.")
        yield command_face(f"{COMMAND}{intent.upper()}", word, f"{meaning} {how}")


def _lines() -> Iterator[CardFace]:
    card, url = f"15K{SPECIMEN.text}", f"https://kanban.example/c/{SPECIMEN.text}"
    envelope = f"[)>\x1e06\x1d{card}\x1e\x04"
    for title, meaning, code in (
        (_("Card code"), _("What cards carry in their bars. No card has this code."), card),
        (_("Capital and small letters"), _("All exchanged: Caps Lock. All alike: the scanner changes the case."),
         "AbCdEfGh-xYz"),
        (_("Keyboard layout"), _("Y and Z exchanged, or no digits: the scanner types another country's layout."),
         "yz YZ 0123456789 am"),
        *((_("Symbols"), _("Other symbols, or some missing: the layout again."), some) for some in SYMBOLS),
        (_("End of a code"), _("Scan it twice: there must be two lines. Else set the scanner to send Enter."),
         "END-OF-CODE"),
        (_("Separators, and all of the above by machine"),
         _("`ekanban scanners calibrate` reads this line and says what to change."), calibration.TEXT),
    ):  # fmt: skip
        yield line_face(title, meaning, _printable(code), bars=code)
    yield line_face(_("QR code"), _("What cards carry for phones: an address of central."), url, matrix=url)
    text = _("An envelope of ISO/IEC 15434 with separators, as suppliers print it.")
    yield line_face(_("Data Matrix"), text, _printable(envelope), matrix=envelope)


def _printable(code: str) -> str:
    return "".join(_NAMES.get(character, character) for character in code)
