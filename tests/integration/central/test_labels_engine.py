"""Cards as central has them drawn: documents of a bounded size, sheets that are never divided."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from ekanban_central.labels_engine import LAYOUTS, RULES, LabelsEngine
from ekanban_central.print_engine import NotPrintable, Paper, Plan
from ekanban_central.printers import Printer
from ekanban_core import card_words
from ekanban_core.card_code import CardCode
from ekanban_core.states import PrinterDialect, PrinterWay
from ekanban_labels import layout_file, words
from ekanban_labels.face import CardFace, Kind

OFFICE = Printer(
    UUID(int=1), 1, "Office", PrinterWay.IPP, "ipp://office.example", PrinterDialect.PDF, 203, "", 0, 0, 1, 1, 0.25,
    True, "", "", "", None, True,
)  # fmt: skip
ZEBRA = replace(OFFICE, way=PrinterWay.RAW, address="zebra.example:9100", dialect=PrinterDialect.ZPL)


def papers(count: int, layout: str = "a7") -> Iterator[Paper]:
    for number in range(1, count + 1):
        code = CardCode("7K3QM9X2", number)
        face = CardFace(
            "4711", "Hex bolt", "50", "pcs", "KLT 4315", "Supermarket", "Line 1", code.shown, f"15K{code.text}",
            f"https://kanban.example/c/{code.text}", kind=Kind.SUPPLIER,
        )  # fmt: skip
        yield Paper(face, layout)


def documents(plan: Plan, count: int) -> list[tuple[int, int]]:
    """Cards and pages of each document."""
    drawn = LabelsEngine().batches(plan, papers(count))
    return [(batch.cards, batch.content.count(b"/Type /Page\n")) for batch in drawn]


def test_a_document_holds_whole_sheets_and_used_places_are_left_out_once() -> None:
    assert documents(Plan(OFFICE, sheet="a4-a7"), 70) == [(64, 8), (6, 1)]
    assert documents(Plan(OFFICE, sheet="a4-a7", skip=3), 67) == [(61, 8), (6, 1)]
    assert documents(Plan(OFFICE), 70) == [(64, 64), (6, 6)]


def test_a_label_printer_gets_one_label_at_a_time() -> None:
    drawn = list(LabelsEngine().batches(Plan(ZEBRA), papers(3)))

    assert [(batch.cards, batch.content.count(b"^XA")) for batch in drawn] == [(1, 1)] * 3


def test_cards_are_drawn_when_the_printer_wants_them() -> None:
    taken = []

    def counted() -> Iterator[Paper]:
        for paper in papers(1_000):
            taken.append(paper)
            yield paper

    next(LabelsEngine().batches(Plan(ZEBRA), counted()))

    assert len(taken) == 1


@pytest.mark.parametrize("layout", ["command", "self-test-qr"])
def test_no_card_is_printed_by_a_layout_that_is_not_for_cards(layout: str) -> None:
    engine = LabelsEngine()

    for draw in (
        lambda: engine.check(Plan(OFFICE), list(papers(1, layout))),
        lambda: engine.copies(Plan(OFFICE), list(papers(1, layout)), "COPY", "pdf"),
    ):
        with pytest.raises(NotPrintable) as error:
            draw()
        (fault,) = error.value.faults
        assert (fault.text, fault.facts) == (layout_file.NOT_FOR_CARDS, {"layout": layout})


def test_each_card_has_its_own_layout() -> None:
    mixed = [next(papers(1, "a7")), next(papers(1, "100x150"))]

    (batch,) = LabelsEngine().batches(Plan(OFFICE), mixed)

    assert len(set(re.findall(rb"/MediaBox \[[^]]*\]", batch.content))) == 2


def test_rules_and_layouts_of_ones_own_lie_in_centrals_folder(tmp_path: Path) -> None:
    (tmp_path / LAYOUTS).mkdir()
    (tmp_path / RULES).write_text('default = "a7"\n[[rule]]\nkind = "supplier"\nlayout = "100x150"\n')
    face = next(papers(1)).face
    engine = LabelsEngine(tmp_path)

    assert engine.layout(Plan(OFFICE), face, "") == "100x150"
    assert engine.layout(Plan(OFFICE), replace(face, kind=Kind.SIGNAL), "") == "a7"
    assert engine.layout(Plan(replace(OFFICE, layout="a6")), face, "") == "a6"
    assert engine.layout(Plan(replace(OFFICE, layout="a6")), face, "99x68") == "99x68"
    assert engine.layout(Plan(OFFICE, layout="4x6in"), face, "99x68") == "4x6in"


def test_the_first_layout_of_ones_own_is_found_while_central_runs(tmp_path: Path) -> None:
    engine = LabelsEngine(tmp_path)
    before = engine.layouts()
    (tmp_path / LAYOUTS).mkdir()
    (tmp_path / LAYOUTS / "shelf.toml").write_text(
        'title = "Shelf"\nwidth = 100\nheight = 50\n[front]\nsymbol = [{ symbology = "code128", box = [0, 0, 80, 10] }]'
    )

    assert set(engine.layouts()) - set(before) == {"shelf"}


def test_rules_that_mean_nothing_are_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / RULES).write_text('default = "a3000"\n')

    with pytest.raises(NotPrintable, match="a3000"):
        LabelsEngine(tmp_path).layout(Plan(OFFICE), next(papers(1)).face, "")


def test_a_layout_of_ones_own_that_means_nothing_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / LAYOUTS).mkdir()
    (tmp_path / LAYOUTS / "own.toml").write_text("width = 'wide'\n")
    engine = LabelsEngine(tmp_path)

    with capture_logs() as logged:
        assert engine.layouts() == LabelsEngine().layouts()
        engine.layouts()

    assert [entry["layout"] for entry in logged] == ["own"]
    with pytest.raises(NotPrintable, match=r"own\.toml"):
        engine.check(Plan(OFFICE), list(papers(1, "own")))


def test_central_has_a_word_for_all_that_layouts_show() -> None:
    assert card_words.captions("en") == words.CAPTIONS


def test_a_card_says_how_long_its_part_takes() -> None:
    said = {seconds: card_words.lead_time(seconds, "en") for seconds in (40, 5_400, 86_400, 93_600, 172_800)}

    assert said == {40: "40 s", 5_400: "1 h 30 min", 86_400: "1 d", 93_600: "1 d 2 h", 172_800: "2 d"}


@pytest.mark.parametrize("layout", LabelsEngine().layouts())
@pytest.mark.parametrize("word", ["COPY – not a card", "KOPIE – keine Karte"])
def test_every_layout_has_room_for_the_word_of_a_copy(layout: str, word: str) -> None:
    engine, some = LabelsEngine(), list(papers(1, layout))

    (copy,) = engine.copies(Plan(OFFICE), some, word, "png")

    assert copy != engine.preview(Plan(OFFICE), some[0], "png")
