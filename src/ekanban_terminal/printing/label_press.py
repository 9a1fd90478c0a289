"""A registered printer and how cards are drawn for it.

What draws and sends is loaded when it is first needed: a terminal that prints nothing keeps its memory, and one on
32-bit ARM never loads what does not exist there.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from ekanban_core.errors import EkanbanError
from ekanban_core.texts import gettext as _
from ekanban_core.texts import translations
from ekanban_terminal.printing.jobs import NOTHING, PrintRefused, Why
from ekanban_terminal.printing.press import Result, Sent, Sheet, Standing
from ekanban_terminal.settings import BadSettings, PrinterSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ekanban_labels.printers import Printer, Sentence
    from ekanban_labels.profile import Profile
    from ekanban_labels.scene import Page

LAYOUT = "a7"  # where neither the printer's settings nor central name one
SILENT_S, STALLED_S = 30.0, 120.0  # a person stands before the kiosk: after so long it asks whether the card came out

NO_ADDRESS = _(
    "Central does not say under which address its cards' pages are found (base_url): cards cannot be printed."
)


class LabelPress:
    """See press.Press."""

    def __init__(self, settings: PrinterSettings) -> None:
        self._settings = settings

    def check(self) -> Standing:
        """Ask the printer."""
        from ekanban_labels import printers

        status = printers.check(self._printer())
        return Standing(status.ready, _why(status.sentence) if not status.ready else NOTHING)

    def draw(self, sheet: Sheet) -> bytes:
        """Draw a card and encode it for this printer."""
        from ekanban_labels import layout_file, sheets
        from ekanban_labels.errors import Refused
        from ekanban_terminal.printing.face import face

        if not sheet.base_url:
            raise PrintRefused(NO_ADDRESS)
        profile = self._profile()
        try:
            layout = layout_file.for_cards(self._settings.layout or sheet.card.layout or LAYOUT)
            return _encoded(self._settings.dialect, sheets.pages([face(sheet)], layout, profile), profile)
        except Refused as error:
            says = translations(sheet.language).gettext
            problems = " ".join(problem.said(says) for problem in error.problems)
            raise PrintRefused(
                _("The card does not fit the layout {layout}: {problems}"), layout=layout.name, problems=problems
            ) from error
        except EkanbanError as error:  # a layout that is not there, letters that the printer lacks
            raise PrintRefused(error.template, **error.facts) from error

    def send(self, document: bytes, name: str) -> Sent:
        """Send it once."""
        from ekanban_labels import printers

        patience = printers.Patience(silent=SILENT_S, stalled=STALLED_S)
        result = printers.send(self._printer(), [printers.Document(document)], name=name, patience=patience)
        return Sent(Result(result.state), _why(result.reason))

    def _printer(self) -> Printer:
        from ekanban_labels import printers

        one = self._settings
        return printers.Printer(
            one.name, printers.Way(one.way), one.address, printers.Dialect(one.dialect), one.dpi, one.media,
            one.answers_status, one.fingerprint,
        )  # fmt: skip

    def _profile(self) -> Profile:
        from ekanban_labels.profile import Profile

        one = self._settings
        inset = 0.0 if one.dialect == "zpl" else one.inset  # who is sent dots needs no room between them
        return Profile(one.name, one.dpi, one.offset_x, one.offset_y, one.scale_x, one.scale_y, inset)


def check(settings: PrinterSettings) -> None:
    """Look whether the settings go together; raises BadSettings, one line a key."""
    from ekanban_labels import layout_file, printers

    wrong = []
    for key, work in (
        ("dialect", lambda: LabelPress(settings)._printer()),
        ("address", lambda: printers.parse_address(printers.Way(settings.way), settings.address)),
        ("layout", lambda: layout_file.for_cards(settings.layout) if settings.layout else None),
    ):
        try:
            work()
        except EkanbanError as error:
            wrong.append(f"printer.{key}: {error}")
    if wrong:
        raise BadSettings("\n".join(wrong))


def _encoded(dialect: str, pages: Iterable[Page], profile: Profile) -> bytes:
    if dialect == "zpl":
        from ekanban_labels import zpl

        return zpl.batch(zpl.document(page, profile) for page in pages)
    from ekanban_labels import pdf

    out = BytesIO()
    pdf.write(pages, out, profile)
    return out.getvalue()


def _why(sentence: Sentence) -> Why:
    return Why(sentence.template, dict(sentence.facts))
