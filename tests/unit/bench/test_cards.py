"""What the benchmarks of printing compare is the same: the same cards, all of them readable."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from ekanban_cli.bench import card_button, card_ways, cards_pdf, plain_pdf
from ekanban_cli.bench.cards_to_print import faces, texts

CARDS = 9  # on two pages


@pytest.mark.needs("pdftoppm")
@pytest.mark.parametrize("writer", [cards_pdf.write, plain_pdf.write])
def test_both_writers_print_all_codes_and_all_texts(writer: cards_pdf.Writer, tmp_path: Path) -> None:
    file = tmp_path / "cards.pdf"
    with file.open("wb") as out:
        writer(faces(CARDS), out)

    subprocess.run(["pdftoppm", "-mono", "-r", "300", file, tmp_path / "page"], check=True)
    said = subprocess.run(["pdftotext", file, "-"], capture_output=True, text=True, check=True).stdout
    read = [one.text for page in sorted(tmp_path.glob("page*")) for one in zxingcpp.read_barcodes(Image.open(page))]

    assert sorted(read) == sorted(code for face in faces(CARDS) for code in (face.barcode, face.matrix))
    words = "".join(said.lower().split())
    assert [text for face in faces(CARDS) for text in texts(face) if "".join(text.lower().split()) not in words] == []


def test_the_ratio_is_of_cards_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards_pdf, "_rate", lambda writer, _count: 50.0 if writer is cards_pdf.write else 100.0)

    assert cards_pdf.against(plain_pdf.write) == (0.5, 50.0, 100.0)


def test_the_first_byte_is_heard_for_every_card() -> None:
    taken = card_button.first_bytes(card_button.labelled("a7", 203), count=3, warm=1)

    assert len(taken) == 3
    assert all(0 < seconds < card_button.PATIENCE for seconds in taken)


@pytest.mark.more
@pytest.mark.parametrize("way", [card_ways.central, card_ways.terminal])
def test_the_first_byte_is_heard_through_running_services(way: card_button.WholeWay) -> None:
    taken = card_button.pressed(way, card_ways.Label("a7", 203), count=2, warm=1)

    assert len(taken) == 2
    assert all(0 < seconds < card_button.PATIENCE for seconds in taken)
