"""The layouts that are shipped: each shows all of a card, at every resolution, and keeps its codes readable."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from card_faces import LEAST, LONG, TYPICAL, with_picture
from card_places import beyond, edges, in_the_way, meet, symbols, texts

from ekanban_labels import layout_file, words
from ekanban_labels.face import CardFace, Kind
from ekanban_labels.layout import LEAST_DOTS, Layout, Purpose, Symbology
from ekanban_labels.profile import RESOLUTIONS, Profile
from ekanban_labels.resolve import scenes
from ekanban_labels.scene import WHITE, Image, Rect, Scene

LAYOUTS = [one for one in map(layout_file.named, layout_file.names()) if one.purpose is Purpose.CARD]
FACES = {
    "typical": TYPICAL,
    "long": LONG,
    "least": LEAST,
    "typical with picture": with_picture(TYPICAL),
    "long with picture": with_picture(LONG),
}

each_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=[one.name for one in LAYOUTS])
each_face = pytest.mark.parametrize("face", FACES.values(), ids=FACES.keys())


def drawn(face: CardFace, layout: Layout, dpi: int = 203) -> tuple[Scene, ...]:
    return scenes(face, layout, Profile(dpi=dpi))


def said(scene: Scene) -> str:
    """All lines of a side, one behind the other; broken lines are whole again."""
    return " ".join(text.text for text in texts(scene))


def test_the_layouts_of_the_design_are_there() -> None:
    assert {"a6", "a7", "credit-card", "100x150", "4x6in"} <= {one.name for one in LAYOUTS}


@each_layout
@each_face
@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_every_card_fits_every_layout_at_every_resolution(face: CardFace, layout: Layout, dpi: int) -> None:
    for scene in drawn(face, layout, dpi):
        assert (scene.width, scene.height) == (
            Profile(dpi=dpi).dots(layout.width),
            Profile(dpi=dpi).dots(layout.height),
        )
        assert not in_the_way(scene)
        assert not beyond(scene)


@each_layout
@each_face
def test_no_line_stands_on_another(face: CardFace, layout: Layout) -> None:
    for scene in drawn(face, layout, 300):
        for one, other in combinations(texts(scene), 2):
            assert not meet(edges(one), edges(other), slack=2), (one.text, other.text)


@each_layout
@each_face
def test_a_picture_covers_no_line(face: CardFace, layout: Layout) -> None:
    for scene in drawn(face, layout):
        pictures = [item for item in scene.items if isinstance(item, Image)]
        assert not [text for text in texts(scene) for picture in pictures if meet(edges(text), edges(picture))]


@each_layout
@pytest.mark.parametrize("pictured", [False, True], ids=["without picture", "with picture"])
def test_nothing_that_a_card_says_is_left_out(layout: Layout, pictured: bool) -> None:
    face = with_picture(TYPICAL) if pictured else TYPICAL

    front = said(drawn(face, layout)[0])

    for name in ("part", "quantity", "unit", "container", "source", "destination", "bin", "supplier", "supplier_part",
                 "lead_time", "printed", "code", "remark"):  # fmt: skip
        assert getattr(face, name) in front, name
    assert "3 / 8" in front
    assert face.description.split()[-1] in front
    assert "1 · 2026" in front  # the print's version


@each_layout
def test_whoever_finds_a_card_learns_where_it_belongs(layout: Layout) -> None:
    if layout.name in ("99x38", "99x68", "4x2in"):
        return  # labels that are stuck on

    assert TYPICAL.owner.split()[-1] in " ".join(map(said, drawn(TYPICAL, layout)))


@each_layout
def test_the_part_is_the_largest_word(layout: Layout) -> None:
    for scene in drawn(TYPICAL, layout):
        largest = max(texts(scene), key=lambda text: text.size)
        assert largest.text == TYPICAL.part


@each_layout
def test_empty_values_leave_no_caption_behind(layout: Layout) -> None:
    for scene in drawn(LEAST, layout):
        shown = {text.text for text in texts(scene)}
        assert not shown & {words.CAPTIONS[name] for name in ("container", "supplier", "lead_time", "owner", "remark")}
        assert all(text.text.strip() for text in texts(scene))


@each_layout
@pytest.mark.parametrize("kind", Kind)
def test_the_kind_is_a_colour_and_a_word(layout: Layout, kind: Kind) -> None:
    for scene in drawn(replace(TYPICAL, kind=kind), layout):
        (band,) = [item for item in scene.items if isinstance(item, Rect) and item.ink == words.KIND_INKS[kind]]
        (word,) = [text for text in texts(scene) if text.ink == WHITE and text.text != "3 / 8"]
        assert word.text == words.CAPTIONS[words.KIND_WORDS[kind]]
        assert meet(edges(word), edges(band))


def test_kinds_have_colours_of_their_own_on_which_white_can_be_read() -> None:
    def luminance(ink: tuple[int, int, int]) -> float:  # WCAG 2.1
        linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in ink]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    inks = list(words.KIND_INKS.values())

    assert len(set(inks)) == len(Kind)
    assert all(1.05 / (luminance(ink) + 0.05) >= 4.5 for ink in inks)


@each_layout
@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_codes_carry_their_payload_in_modules_that_print(layout: Layout, dpi: int) -> None:
    for scene in drawn(LONG, layout, dpi):
        for symbol in symbols(scene):
            assert symbol.module >= LEAST_DOTS[Symbology(symbol.symbology)]
            assert symbol.module * 25.4 / dpi >= 0.245
            assert symbol.payload == (LONG.barcode if symbol.symbology == "code128" else LONG.matrix)


@each_layout
def test_words_around_values_are_the_cards_own(layout: Layout) -> None:
    german = replace(TYPICAL, captions={"source": "Von", "supplier_kind": "Lieferant", "place": "Nach"})

    front = {text.text for text in texts(drawn(german, layout)[0])}

    assert {"Von", "Nach", "Lieferant"} <= front
    assert not {"From", "To"} & front


@each_layout
@pytest.mark.parametrize("pictured", [False, True], ids=["without picture", "with picture"])
def test_words_of_another_language_have_room(layout: Layout, pictured: bool) -> None:
    twice = {name: f"{word} {word}"[:24] for name, word in words.CAPTIONS.items()}  # longer than German
    face = replace(LONG, captions=twice)

    drawn(with_picture(face) if pictured else face, layout)
