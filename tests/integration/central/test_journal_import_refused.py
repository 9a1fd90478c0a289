"""What is no export, or not a whole one, or not for this plant, is refused with what to do; nothing is changed then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from central_plant import Plant, Terminal
from journal_files import export, first_release, opened, text, things

from ekanban_central.imported import ImportState
from ekanban_central.imports import Imports, Wish
from ekanban_central.ledger import SYSTEM
from ekanban_core.states import TerminalState


class Desk:
    """Where somebody brings files, and is told what is wrong with them."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.imports = Imports(
            plant.database, plant.intake.take, lambda *_: None, lambda: plant.now, plant.random, "key"
        )

    def refused(self, content: bytes, terminal: UUID | None = None) -> list[str]:
        """Bring a file; returns what is said of it, as "line: text"."""
        before = self.plant.rows("scan_identity"), self.plant.rows("signal"), self.plant.rows("scan_aside")
        key, ended = self.imports.begin(Wish(self.plant.site_id, SYSTEM, terminal=terminal), opened(content))
        ended.result(120)
        found = self.imports.read(self.plant.site_id, key)
        assert found is not None
        assert found.state is ImportState.REFUSED
        assert (self.plant.rows("scan_identity"), self.plant.rows("signal"), self.plant.rows("scan_aside")) == before
        more = [f"and {found.more} more"] if found.more else []
        return [f"{one.line}: {one.text.format(**one.facts)}" for one in found.errors] + more


@pytest.fixture
def desk(plant: Plant) -> Iterator[Desk]:
    desk = Desk(plant)
    yield desk
    desk.imports.stop()


@pytest.fixture
def line(plant: Plant) -> Terminal:
    return plant.terminal()


@pytest.fixture
def whole(plant: Plant, line: Terminal) -> list[dict[str, Any]]:
    """The lines of an export with five scans."""
    return things(line, [line.scan(card) for card in plant.cards])


NOT_ONE = "0: This is not the export of a terminal's journal."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "0: The file is empty."),
        (b"\n\r\n\n", "0: The file is empty."),
        (b"part;quantity\nHX;5\n", NOT_ONE),
        (b"\xff\xfe\x00\x01" * 100, NOT_ONE),
        (b"\0" * 4_000, NOT_ONE),
        (b"PK\x03\x04\n" * 50, NOT_ONE),
        (b"[" * 200_000, NOT_ONE),
        (b"null\n", NOT_ONE),
        (b'{"format": "ekanban-journal", "version": "2"}\n', NOT_ONE),
        (b'{"format": "ekanban-journal", "version": true}\n', NOT_ONE),
        (b'{"format": "ekanban-journal", "version": 0}\n', NOT_ONE),
        (b'{"format": "ekanban-journal", "version": 1e400}\n', NOT_ONE),
        (b'{"format": "ekanban-journal", "version": 3, "future": 1}\n', "0: A newer release has written this export"),
        (b"SQLite format 3\0\x10\0\x02\x02" + b"\0" * 200, "0: This is the journal itself. Export it where it lies"),
    ],
)
def test_what_is_no_export_is_said_to_be_none(desk: Desk, content: bytes, said: str) -> None:
    (told,) = desk.refused(content)

    assert told.startswith(said)


def test_a_file_that_was_cut_off_is_not_whole(desk: Desk, whole: list[dict[str, Any]]) -> None:
    content = text(whole)

    (without_its_end,) = desk.refused(text(whole[:-1]))
    (in_a_line,) = desk.refused(content[: content.index(b'"end"') - 200])
    (one_scan_less,) = desk.refused(text([*whole[:3], *whole[4:]]))
    (one_twice,) = desk.refused(text([*whole[:4], whole[3], *whole[4:]]))

    assert "its end is missing" in without_its_end
    assert in_a_line == "7: its checksum does not hold: it was changed, or copied badly"
    assert "4 scans and 0 damaged ones are in it" in one_scan_less
    assert one_twice.startswith("5: this scan stands behind a later one")


def test_lines_that_were_changed_are_named_each(desk: Desk, whole: list[dict[str, Any]]) -> None:
    lines = text(whole).splitlines()
    lines[3] = lines[3].replace(b'"intent":"empty"', b'"intent":"receive"')
    lines[5] = b'{"scan": {}}'

    told = desk.refused(b"\n".join(lines))

    assert told == [f"{number}: its checksum does not hold: it was changed, or copied badly" for number in (4, 6)]


def test_of_very_many_wrong_lines_the_first_are_named(desk: Desk, whole: list[dict[str, Any]]) -> None:
    told = desk.refused(text(whole[:2]) + b"x\n" * 1_000)

    assert len(told) == 21
    assert told[-1] == "and 980 more"


def test_a_line_without_end_is_not_read_to_its_end(desk: Desk, whole: list[dict[str, Any]]) -> None:
    assert desk.refused(text(whole[:2]) + b"x" * 3_000_000) == ["3: expected at most 1000000 bytes in one line"]


def test_lines_behind_the_end_and_in_another_order_are_named(desk: Desk, whole: list[dict[str, Any]]) -> None:
    (behind,) = desk.refused(text([*whole, whole[2]]))
    (turned,) = desk.refused(text([*whole[:2], *whole[6:1:-1], whole[7]]))[:1]

    assert behind == "9: expected nothing behind the end of the export"
    assert turned.startswith("4: this scan stands behind a later one")


def test_lines_of_the_first_release_are_checked_as_far_as_they_can_be(desk: Desk, plant: Plant, line: Terminal) -> None:
    lines = first_release(line, [line.scan(card) for card in plant.cards]).splitlines()

    cut = desk.refused(b"\n".join(lines)[:-30], terminal=line.id)
    strange = desk.refused(b"\n".join([*lines[:2], b"{}", b'"x"', b"\xe4", b'{"epoch": 5}', *lines[2:]]))

    assert cut == ["7: expected JSON in UTF-8"]
    assert strange == [
        "3: expected a scan, or a start of the terminal",
        "4: expected a JSON object",
        "5: expected JSON in UTF-8",
        "6: expected a start of the terminal: epoch, previous, previous_seq",
    ]


def test_the_journal_of_another_plant_is_refused(desk: Desk, plant: Plant, line: Terminal) -> None:
    scans = [line.scan(plant.cards[0])]
    stranger = Terminal(plant, UUID(int=5))
    plant.change("terminal", {"id": line.id}, site_id=_second_site(plant))

    (unknown,) = desk.refused(export(stranger, [stranger.scan(plant.cards[0])]))
    (elsewhere,) = desk.refused(export(line, scans))
    lines = things(line, scans)
    lines[0]["terminal"] = "'; DROP TABLE terminal; --"
    (rubbish,) = desk.refused(text(lines))

    assert unknown.startswith(f"0: No terminal with the number {stranger.id} is known here.")
    assert elsewhere.startswith(f"0: No terminal with the number {line.id} is known here.")
    assert rubbish.startswith("0: This file does not say whose journal it is")


def test_a_terminal_that_waits_for_approval_is_approved_first(desk: Desk, plant: Plant) -> None:
    waits = plant.terminal("New", TerminalState.PENDING)

    (told,) = desk.refused(export(waits, [waits.scan(plant.cards[0])]))

    assert "Approve it first" in told


def test_a_file_of_another_terminal_than_the_named_one_is_refused(desk: Desk, plant: Plant, line: Terminal) -> None:
    other = plant.terminal("Line 2")

    (told,) = desk.refused(export(line, [line.scan(plant.cards[0])]), terminal=other.id)

    assert "another terminal than the one that you have named" in told


def test_a_refusal_stands_in_the_ledger_too(desk: Desk, plant: Plant) -> None:
    desk.refused(b"hello")

    assert plant.rows("ledger")[-1]["kind"] == "journal_import_refused"


def test_nul_and_surrogates_in_a_file_are_data(desk: Desk, plant: Plant, line: Terminal) -> None:
    odd = {**line.scan(plant.cards[0]), "scanner": "a\0b\ud800", "operator": "\0"}
    lines = things(line, [odd])
    lines.insert(2, {"note": "a\0b\ud800"})
    content = text(lines)

    key, ended = desk.imports.begin(Wish(plant.site_id, SYSTEM, "a"), opened(content))
    ended.result(120)
    found = desk.imports.read(plant.site_id, key)

    assert found is not None
    assert (found.state, found.outcomes, found.notes) == (ImportState.DONE, {"opened": 1}, ["a\ufffdb\ufffd"])
    (scan,) = plant.rows("ledger", kind="scan")
    assert (scan["data"]["scan"]["scanner"], scan["data"]["scan"]["operator"]) == ("a\ufffdb\ufffd", "\ufffd")


def _second_site(plant: Plant) -> int:
    from ekanban_central.inputs import NewSite
    from ekanban_central.master import Desk as Master
    from ekanban_central.master import create_site

    with plant.database.transaction() as connection:
        return create_site(Master(connection, 0, SYSTEM, plant.now, plant.random), NewSite(code="other", name="Other"))
