#!/usr/bin/env python3
"""Keep the translations in step with the texts in code and templates.

texts.py            extracts all texts, updates ekanban.pot and every catalog beside it, compiles the catalogs
texts.py --add de   begins the catalog of one more language
texts.py --check    changes nothing: names what is out of date, untranslated or wrongly filled in
`--root TREE` works on another tree than this one.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

LOCALE = Path("src/ekanban_core/locale")
PACKAGES = ("src", "drivers", "labels")


def titles(file: IO[bytes], *_keywords: object, **_options: object) -> Iterator[tuple[int, str, str, list[str]]]:
    """A text for people in a TOML file, as babel takes it: the title of a layout or sheet for cards."""
    table = tomllib.load(file)
    if "title" in table and table.get("for", "card") == "card":
        yield 1, "gettext", table["title"], []


METHODS: dict[str, Any] = {".py": "python", ".html": "jinja2.ext.babel_extract", ".toml": titles}
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # the same texts always give the same file
FIELD = re.compile(r"%\((\w+)\)|\{(\w+)\}")


def sources(root: Path) -> Iterator[Path]:
    """Files that may hold texts for people, in a fixed order."""
    for package in PACKAGES:
        yield from sorted(path for path in (root / package).rglob("*") if path.suffix in METHODS)


def blank(language: str | None) -> Catalog:
    """Make an empty catalog, or without a language the template."""
    return Catalog(
        locale=language, project="ekanban", version="1", charset="utf-8", fuzzy=False,
        header_comment="# The texts of ekanban. Apache-2.0. Kept in step by scripts/texts.py.",
        last_translator="ekanban", language_team="ekanban", msgid_bugs_address="see CONTRIBUTING.md",
        creation_date=NO_DATE, revision_date=NO_DATE,
    )  # fmt: skip


def template(root: Path) -> Catalog:
    """Extract all texts."""
    catalog = blank(None)
    for path in sources(root):
        with path.open("rb") as file:
            found = extract(METHODS[path.suffix], file, KEYWORDS, ("Translators:",), {"silent": "false"})
            for _line, text, comments, _context in found:
                place = (path.relative_to(root).as_posix(), 0)
                catalog.add(text, None, [place], auto_comments=comments)
    return catalog


def as_po(catalog: Catalog) -> bytes:
    """Write a catalog: by file, without line numbers, so that moving code changes nothing."""
    content = io.BytesIO()
    write_po(content, catalog, width=110, sort_by_file=True, include_lineno=False)
    return content.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """Compile a catalog."""
    content = io.BytesIO()
    write_mo(content, catalog)
    return content.getvalue()


def updated(path: Path, texts: Catalog) -> Catalog:
    """Read a language's catalog and give it the texts of now; texts that are gone are dropped."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.parent.parent.name)
    catalog.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    return catalog


def fields(text: str | tuple[str, ...] | list[str]) -> set[tuple[str, str]]:
    """Name the placeholders of a text, of all its plural forms."""
    forms = [text] if isinstance(text, str) else text
    return {match for form in forms for match in FIELD.findall(form)}


def faults(catalog: Catalog) -> Iterator[str]:
    """Name texts without a translation and translations whose placeholders differ."""
    message: Message
    for message in catalog:
        if not message.id:
            continue
        said = message.string or ""
        if message.fuzzy or not (said if isinstance(said, str) else all(said)):
            yield f"untranslated: {message.id!r}"
        elif fields(message.id) != fields(said):
            yield f"other placeholders: {message.id!r} → {message.string!r}"


def wanted(root: Path) -> tuple[dict[Path, bytes], list[str]]:
    """What every generated file should hold, and what is wrong with the translations."""
    folder = root / LOCALE
    texts = template(root)
    files = {folder / "ekanban.pot": as_po(texts)}
    wrong: list[str] = []
    for path in sorted(folder.glob("*/LC_MESSAGES/ekanban.po")):
        catalog = updated(path, texts)
        files |= {path: as_po(catalog), path.with_suffix(".mo"): as_mo(catalog)}
        wrong += [f"{path.parent.parent.name}: {fault}" for fault in faults(catalog)]
    return files, wrong


def begin(root: Path, language: str) -> None:
    """Lay an empty catalog."""
    path = root / LOCALE / language / "LC_MESSAGES/ekanban.po"
    if path.exists():
        sys.exit(f"{path} is there already")
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = blank(language)
    path.write_bytes(as_po(catalog))


def main() -> int:
    """Update or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--add", metavar="LANGUAGE")
    options = parser.parse_args()
    if options.add:
        begin(options.root, options.add)
    files, wrong = wanted(options.root)
    stale = [path for path, content in files.items() if not path.exists() or path.read_bytes() != content]
    if options.check:
        wrong = [f"out of date: {path.relative_to(options.root)}; `make texts` mends it" for path in stale] + wrong
    else:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[path])
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if options.check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
