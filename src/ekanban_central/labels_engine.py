"""Cards drawn by ekanban_labels and taken to printers by it: the engine of a running central."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from io import BytesIO
from itertools import islice
from pathlib import Path
from threading import Event

import structlog

from ekanban_central import labels_copies, labels_printers
from ekanban_central.pictures import Kept
from ekanban_central.print_engine import Batch, Fault, NotPrintable, Paper, Plan, Sent, Standing, Told
from ekanban_central.printers import Printer
from ekanban_core.states import PrinterDialect
from ekanban_labels import layout_file, pdf, pictures, png, rules, sheet, sheets, svg, zpl
from ekanban_labels.errors import BadLayout, LabelError, Refused
from ekanban_labels.face import CardFace
from ekanban_labels.layout import Layout, Purpose
from ekanban_labels.profile import Profile
from ekanban_labels.rules import Rules
from ekanban_labels.scene import Page
from ekanban_labels.sheet import Sheet
from ekanban_labels.sheets import Duplex

DEFAULT = "a7"
AT_ONCE = 64  # prints of one document, about; a sheet is never divided
MOST_FAULTS = 20
RULES = "layout-rules.toml"
LAYOUTS = "layouts"
log = structlog.get_logger()


class LabelsEngine:
    """Draws and prints. `data`: central's folder; layouts of one's own lie in its `layouts`, rules in RULES.

    New layouts are found at once. What was read once stays as it is until central's next start: a job that has been
    checked is printed as it was checked.
    """

    def __init__(self, data: Path | None = None) -> None:
        self._folder = None if data is None else data / LAYOUTS
        self._file = None if data is None else data / RULES
        self._bad: set[str] = set()

    @cached_property
    def _rules(self) -> Rules:
        if self._file is not None and self._file.is_file():
            return rules.read(self._file, self._folder)
        return Rules(DEFAULT, folder=self._folder)

    def layouts(self) -> list[str]:
        """The layouts for cards. A file of one's own that means nothing is none; whoever prints by it is told why."""
        return [name for name in layout_file.names(self._folder) if self._is_for_cards(name)]

    def _is_for_cards(self, name: str) -> bool:
        try:
            return layout_file.named(name, self._folder).purpose is Purpose.CARD
        except BadLayout as error:
            if name not in self._bad:
                self._bad.add(name)  # told once, not with every page
                log.warning("layout_unusable", layout=name, why=str(error))
            return False

    def sheets(self) -> list[str]:
        """The sheets for cards."""
        return sheet.names_for_cards()

    def layout(self, plan: Plan, face: CardFace, loop_layout: str) -> str:
        """The job's, the loop's, the printer's, or by rule."""
        with _refusing():
            return plan.layout or loop_layout or plan.printer.layout or self._rules.name(face)

    def check(self, plan: Plan, papers: Sequence[Paper]) -> None:
        """Lay all of them out, and throw that away. Raises NotPrintable with the faults of the first few."""
        faults: list[Fault] = []
        with _refusing():
            for _page in self._pages(plan, papers, _noted(faults)):
                pass
        if faults:
            raise NotPrintable(faults)

    def batches(self, plan: Plan, papers: Iterable[Paper]) -> Iterator[Batch]:
        """Documents of a few prints each; of label printers, of one."""
        source, skip = iter(papers), plan.skip
        while some := list(islice(source, self._size(plan, skip))):
            with _refusing():
                yield Batch(self._document(replace(plan, skip=skip), some), len(some))
            skip = 0

    def send(
        self, printer: Printer, name: str, batches: Iterable[Batch], tell: Callable[[Told], None], stop: Event
    ) -> Sent:
        """Send, once."""
        return labels_printers.send(printer, name, batches, tell, stop)

    def address(self, printer: Printer) -> str:
        """Check a registration."""
        return labels_printers.address(printer)

    def standing(self, printer: Printer) -> Standing:
        """Ask the printer."""
        return labels_printers.standing(printer)

    def picture(self, content: bytes) -> Kept:
        """Read a picture that somebody brings; what is kept is made anew from its pixels."""
        with _refusing():
            found = pictures.read(content)
        return Kept(found.media_type, found.content, found.width, found.height)

    def preview(self, plan: Plan, paper: Paper, form: str) -> bytes:
        """Draw one print."""
        alone = replace(plan, sheet="", skip=0)
        with _refusing():
            pages = list(self._pages(alone, [paper]))
            if form == "svg":
                return svg.drawing(pages[0]).encode()
            if form == "png":
                return png.image(pages[0], mono=plan.printer.dialect is PrinterDialect.ZPL)
            return _pdf(pages, plan.printer)

    def copies(self, plan: Plan, papers: Sequence[Paper], word: str, form: str) -> list[bytes]:
        """Draw prints that exist, marked as copies."""
        with _refusing():
            for name in {paper.layout for paper in papers}:
                labels_copies.check(layout_file.for_cards(name, self._folder))
        marked = [replace(paper, face=labels_copies.marked(paper.face, word)) for paper in papers]
        faults: list[Fault] = []
        with _refusing():
            pages = self._pages(plan, marked, _noted(faults))
            files = labels_copies.files(pages, profile_of(plan.printer), form)
        if faults:
            raise NotPrintable(faults)
        return files

    def _pages(
        self, plan: Plan, papers: Iterable[Paper], refused: Callable[[CardFace, Refused], None] | None = None
    ) -> Iterator[Page]:
        waiting: dict[str, str] = {}  # layouts of the cards that are drawn at this time, by what their code carries

        def faces() -> Iterator[CardFace]:
            for paper in papers:
                waiting[paper.face.barcode] = paper.layout
                yield paper.face

        def choose(face: CardFace) -> Layout:
            return layout_file.for_cards(waiting.pop(face.barcode), self._folder)

        return sheets.pages(
            faces(), choose, profile_of(plan.printer), sheet=self._sheet(plan), skip=plan.skip,
            duplex=Duplex.LONG if plan.duplex else None, refused=refused,
        )  # fmt: skip

    def _sheet(self, plan: Plan) -> Sheet | None:
        return sheet.for_cards(plan.sheet) if plan.sheet else None

    def _size(self, plan: Plan, skip: int) -> int:
        """How many prints go into one document."""
        whole = 1 if plan.sheet == "" else sheet.named(plan.sheet).count
        at_once = 1 if plan.printer.dialect is PrinterDialect.ZPL else max(1, AT_ONCE // whole)
        return whole * at_once - skip

    def _document(self, plan: Plan, papers: Sequence[Paper]) -> bytes:
        pages = self._pages(plan, papers)
        if plan.printer.dialect is PrinterDialect.PDF:
            return _pdf(pages, plan.printer)
        return zpl.batch(zpl.document(page, profile_of(plan.printer)) for page in pages)


def profile_of(printer: Printer) -> Profile:
    """A printer's resolution and corrections. Dots that are sent as such need no inset."""
    inset = 0.0 if printer.dialect is PrinterDialect.ZPL else printer.inset
    return Profile(
        printer.name, printer.dpi, printer.offset_x, printer.offset_y, printer.scale_x, printer.scale_y, inset
    )


def _pdf(pages: Iterable[Page], printer: Printer) -> bytes:
    out = BytesIO()
    pdf.write(pages, out, profile_of(printer))
    return out.getvalue()


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what labels refuse into what central says."""
    try:
        yield
    except Refused as error:
        raise NotPrintable(_faults(error)) from error
    except LabelError as error:
        raise NotPrintable([Fault(error.template, error.facts)]) from error


def _noted(faults: list[Fault]) -> Callable[[CardFace, Refused], None]:
    """Notes what is wrong with the first few cards."""

    def refused(face: CardFace, error: Refused) -> None:
        if len(faults) < MOST_FAULTS:
            faults.extend(_faults(error, face.code))

    return refused


def _faults(error: Refused, code: str = "") -> list[Fault]:
    return [
        Fault(problem.template, problem.facts, ": ".join(filter(None, (code, problem.about))))
        for problem in error.problems
    ]
