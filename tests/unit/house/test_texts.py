"""The gate that keeps translations in step with the texts."""

from __future__ import annotations

import gettext
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/texts.py"
GERMAN = Path("src/ekanban_core/locale/de/LC_MESSAGES/ekanban.po")


def texts(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, "--root", root, *options], capture_output=True, text=True, check=False
    )


def translate(root: Path, text: str, translation: str) -> None:
    path = root / GERMAN
    path.write_text(path.read_text().replace(f'msgid "{text}"\nmsgstr ""', f'msgid "{text}"\nmsgstr "{translation}"'))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two texts, one in code and one in a template, both translated."""
    (tmp_path / "src/room").mkdir(parents=True)
    (tmp_path / "src/room/code.py").write_text('print(_("Card {code} is open"))\n')
    (tmp_path / "src/room/page.html").write_text('<h1>{{ _("Open signals") }}</h1>\n')
    texts(tmp_path, "--add", "de")
    translate(tmp_path, "Card {code} is open", "Karte {code} ist offen")
    translate(tmp_path, "Open signals", "Offene Abrufe")
    texts(tmp_path)
    return tmp_path


def test_catalogs_in_step_pass_and_are_compiled(tree: Path) -> None:
    done = texts(tree, "--check")

    with (tree / GERMAN).with_suffix(".mo").open("rb") as file:
        german = gettext.GNUTranslations(file)
    assert (done.returncode, done.stderr) == (0, "")
    assert german.gettext("Open signals") == "Offene Abrufe"


def test_titles_of_layouts_for_cards_are_texts(tree: Path) -> None:
    (tree / "labels").mkdir()
    (tree / "labels/shelf.toml").write_text('title = "Shelf label"\nwidth = 80\n')
    (tree / "labels/line.toml").write_text('title = "A line"\nfor = "self-test"\n')
    (tree / "labels/other.toml").write_text("gap_ms = 50\n")

    texts(tree)
    done = texts(tree, "--check")

    assert "de: untranslated: 'Shelf label'" in done.stderr
    assert "A line" not in done.stderr


def test_a_new_text_in_a_template_is_missed_until_it_is_translated(tree: Path) -> None:
    (tree / "src/room/page.html").write_text('<h1>{{ _("Open signals") }}</h1><p>{{ _("Nothing is open") }}</p>\n')

    before = texts(tree, "--check")
    texts(tree)
    untranslated = texts(tree, "--check")
    translate(tree, "Nothing is open", "Nichts ist offen")
    texts(tree)
    after = texts(tree, "--check")

    assert "out of date: src/ekanban_core/locale/ekanban.pot" in before.stderr
    assert "de: untranslated: 'Nothing is open'" in untranslated.stderr
    assert [before.returncode, untranslated.returncode, after.returncode] == [1, 1, 0]


def test_a_translation_that_loses_a_placeholder_is_refused(tree: Path) -> None:
    po = tree / GERMAN
    po.write_text(po.read_text().replace("Karte {code} ist", "Karte {nummer} ist"))
    texts(tree)

    done = texts(tree, "--check")

    assert done.returncode == 1
    assert "other placeholders" in done.stderr


def test_a_catalog_that_was_not_compiled_is_found(tree: Path) -> None:
    translate_again = (tree / GERMAN).read_text().replace("Offene Abrufe", "Offene Signale")
    (tree / GERMAN).write_text(translate_again)

    done = texts(tree, "--check")

    assert done.returncode == 1
    assert "ekanban.mo" in done.stderr


def test_a_template_with_a_syntax_error_stops_the_extraction(tree: Path) -> None:
    (tree / "src/room/page.html").write_text("{% if %}")

    assert texts(tree, "--check").returncode != 0
