"""What pages become: which layout, sheet and printer, and files that are whole or not there."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from errno import EISDIR
from os import strerror
from pathlib import Path

from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_cli.said import shown
from ekanban_labels import layout_file, rules, sheet
from ekanban_labels.layout import Layout
from ekanban_labels.profile import RESOLUTIONS, Profile
from ekanban_labels.scene import Page
from ekanban_labels.sheets import Chooser, Duplex

SHOWN_EVERY = 50  # pages
DEFAULT = "a7"
LAYOUTS = "layouts"  # as in central's data folder
FORMS = (".pdf", ".zpl", ".svg", ".png")


@dataclass(frozen=True, slots=True)
class Paper:
    """Where cards are drawn, checked as far as the command line goes."""

    to: Path
    profile: Profile
    layout: Layout | Chooser
    sheet: sheet.Sheet | None = None
    skip: int = 0
    duplex: Duplex | None = None


def paper(
    to: Path,
    *,
    dpi: int,
    layout: str | Chooser | None,
    rules: Path | None = None,
    sheet: str | sheet.Sheet | None = None,
    skip: int = 0,
    duplex: str | None = None,
) -> Paper:
    """Check the options. Raises CommandFailed, or BadLayout."""
    form = checked(to, dpi=dpi, sheet=sheet, skip=skip, duplex=duplex)
    profile = Profile(dpi=dpi, inset=0.0) if form == ".zpl" else Profile(dpi=dpi)  # ZPL is sent dots
    chosen = _layout(layout, rules)
    return Paper(to, profile, chosen, _sheet(sheet), skip, Duplex(duplex) if duplex else None)


def checked(to: Path, *, dpi: int, sheet: str | sheet.Sheet | None, skip: int, duplex: str | None) -> str:
    """Check what needs no layout; returns the form, as ".pdf". Raises CommandFailed."""
    form = to.suffix.lower()
    if form not in FORMS:
        raise CommandFailed(_("--to: expected a file that ends in {forms}, got {file}.").format(
            forms=", ".join(FORMS), file=to.name))  # fmt: skip
    if dpi not in RESOLUTIONS:
        raise CommandFailed(_("--dpi: expected {known}, got {dpi}.").format(
            known=", ".join(map(str, RESOLUTIONS)), dpi=dpi))  # fmt: skip
    if skip and sheet is None:
        raise CommandFailed(_("--skip counts places of a sheet: name the sheet with --sheet."))
    if duplex not in (None, *Duplex):
        raise CommandFailed(_("--duplex: expected long or short, got {edge}.").format(edge=duplex))
    return form


def _layout(layout: str | Chooser | None, chosen_by: Path | None) -> Layout | Chooser:
    """The one that is named, or what chooses one; beside a file of rules, `layouts` holds those of one's own."""
    if chosen_by is not None:
        if layout is not None:
            raise CommandFailed(_("--layout and --rules: name one of them; rules choose each card's layout."))
        return rules.read(chosen_by, chosen_by.parent / LAYOUTS).layout
    if layout is None:
        return layout_file.named(DEFAULT)
    if not isinstance(layout, str):
        return layout
    return layout_file.read_for_cards(Path(layout)) if layout.endswith(".toml") else layout_file.for_cards(layout)


def _sheet(name: str | sheet.Sheet | None) -> sheet.Sheet | None:
    if not isinstance(name, str):
        return name
    return sheet.read_for_cards(Path(name)) if name.endswith(".toml") else sheet.for_cards(name)


def write(chosen: Paper, pages: Iterable[Page], title: str, check: Callable[[], None]) -> list[Path]:
    """Write all pages beside where they shall be, let `check` object to them, and only then put them there.

    PDF and ZPL are one file; of SVG and PNG each page is one, numbered where there are more. Raises CommandFailed.
    """

    def made(folder: Path) -> list[Path]:
        done = list(_written(chosen, pages, title, folder))
        check()
        return done

    return whole(chosen.to, made)


def whole(to: Path, make: Callable[[Path], list[Path]]) -> list[Path]:
    """Put the files that `make` makes in a folder where they shall be, all or none; returns where they are.

    Raises CommandFailed.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".ekanban-", dir=to.parent) as folder:
            done = make(Path(folder))
            if not done:
                raise CommandFailed(_("There is no card to draw."))
            names = _names(to, len(done))
            if taken := next((name for name in names if name.is_dir()), None):
                raise CommandFailed(_("{file} cannot be written: {why}.").format(file=taken, why=strerror(EISDIR)))
            for file, name in zip(done, names, strict=True):
                file.replace(name)
    except OSError as error:
        raise CommandFailed(_("{file} cannot be written: {why}.").format(file=to, why=error.strerror)) from error
    return names


def named(files: Sequence[Path]) -> str:
    """The file that was written, or the first and the last of them."""
    return shown(files[0] if len(files) == 1 else f"{files[0]} … {files[-1]}")


def _written(chosen: Paper, pages: Iterable[Page], title: str, folder: Path) -> Iterator[Path]:
    form, file = chosen.to.suffix.lower(), folder / "all"
    if form in (".svg", ".png"):
        for number, page in enumerate(pages):
            yield _one(form, page, folder / str(number))
        return
    some = Counted(pages)
    with file.open("wb") as out:
        if form == ".pdf":
            from ekanban_labels import pdf

            pdf.write(some, out, chosen.profile, title)
        else:
            from ekanban_labels import zpl

            out.writelines(zpl.document(page, chosen.profile) for page in some)
    if some.count:
        yield file


def _one(form: str, page: Page, file: Path) -> Path:
    if form == ".svg":
        from ekanban_labels import svg

        file.write_text(svg.drawing(page), "utf-8")
    else:
        from ekanban_labels import png

        file.write_bytes(png.image(page))
    return file


class Counted:
    """Pages that are counted as they pass; on a terminal people see how many."""

    def __init__(self, pages: Iterable[Page], shows: bool = False) -> None:
        self._pages, self._shows, self.count = pages, shows and sys.stderr.isatty(), 0

    def __iter__(self) -> Iterator[Page]:
        for page in self._pages:
            self.count += 1
            if self._shows and self.count % SHOWN_EVERY == 0:
                print(f"\r{self.count} ", end="", file=sys.stderr, flush=True)
            yield page
        if self._shows:
            print("\r", end="", file=sys.stderr, flush=True)


def _names(to: Path, count: int) -> list[Path]:
    if count == 1:
        return [to]
    digits = len(str(count))
    return [to.with_name(f"{to.stem}-{number:0{digits}}{to.suffix}") for number in range(1, count + 1)]
