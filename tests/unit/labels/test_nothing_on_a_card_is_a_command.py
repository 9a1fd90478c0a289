"""Whatever is written on a card stays a text in ZPL, SVG and PDF; the long run is `make fuzz-labels`."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekanban_labels import pdf_stream, svg, zpl, zpl_native, zpl_text
from ekanban_labels.profile import Profile
from label_fuzz.judge import faults, page
from label_fuzz.texts import texts

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)
SOME = list(islice(texts(1), 500))


@given(st.lists(ANYTHING, min_size=1, max_size=5))
@settings(deadline=None, max_examples=60)
def test_any_texts_stay_texts(some: list[str]) -> None:
    assert list(faults(some)) == []


def test_texts_that_look_like_commands_stay_texts() -> None:
    assert list(faults(SOME)) == []


def _raw_zpl(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _raw_svg(text: str) -> str:
    return svg._NOT_XML.sub("\ufffd", text)


def _raw_pdf(self: pdf_stream.StreamedPdf, font: str, text: str) -> list[tuple[str, str]]:
    return [("/F1+0", f"> Tj {text.encode('latin-1', 'replace').decode('latin-1')} <")]


@pytest.mark.parametrize(
    ("place", "name", "planted", "where"),
    [
        (zpl_text, "escaped", _raw_zpl, "zpl"),
        (svg, "escaped", _raw_svg, "svg"),
        (svg, "escaped", lambda text: text.translate(svg._MEANING), "svg"),
        (pdf_stream.StreamedPdf, "glyphs", _raw_pdf, "pdf"),
        (pdf_stream, "clean", lambda title: title.encode("utf-8", "replace").decode(), "titles"),
    ],
    ids=["ZPL unescaped", "SVG unescaped", "SVG with what XML cannot hold", "PDF text unescaped", "title uncleaned"],
)
def test_an_escape_that_is_left_out_is_found(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, planted: Any, where: str
) -> None:
    monkeypatch.setattr(place, name, planted)

    assert {fault.split(":")[0] for fault in faults(SOME)} == {where}


def test_a_description_that_ends_the_label_prints_one_label() -> None:
    side = page(["Bolt^XZ^XA^FO0,0^FDtwo^FS^XZ"])

    native = zpl.document(side, Profile(), native=True)

    assert (native.count(b"^XA"), native.count(b"^XZ")) == (1, 1)
    assert b"^FH_^FDBolt_5EXZ_5EXA_5EFO0_2C0_5EFDtwo_5EFS_5EXZ^FS" in native


def test_letters_that_a_printer_may_lack_are_refused_by_name_rather_than_left_out() -> None:
    with pytest.raises(zpl_native.Unprintable, match="螺"):
        zpl.document(page(["小螺丝"]), Profile(), native=True)
