"""Which layout a card gets, and the cards that are commands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from card_faces import TYPICAL
from card_places import in_the_way, symbols, texts

from ekanban_labels import rules
from ekanban_labels.commands import command_face, command_layout, line_face, line_layout
from ekanban_labels.errors import BadLayout
from ekanban_labels.face import Kind
from ekanban_labels.profile import Profile
from ekanban_labels.resolve import scenes
from ekanban_labels.scene import Rect
from ekanban_labels.words import KIND_INKS

RULES = """
default = "a7"

[[rule]]
kind = "supplier"
supplier = "ruland*"
layout = "100x150"

[[rule]]
kind = "supplier"
layout = "a6"

[[rule]]
destination = "Line [12]"
layout = "credit-card"
"""


@pytest.fixture
def chosen(tmp_path: Path) -> rules.Rules:
    (tmp_path / "rules.toml").write_text(RULES)
    return rules.read(tmp_path / "rules.toml")


@pytest.mark.parametrize(
    ("kind", "supplier", "destination", "name"),
    [
        (Kind.SUPPLIER, "Ruland Bearings", "Line 1", "100x150"),
        (Kind.SUPPLIER, "Wagner", "Line 1", "a6"),
        (Kind.PRODUCTION, "Ruland Bearings", "LINE 1", "credit-card"),
        (Kind.PRODUCTION, "", "Line 3", "a7"),
    ],
)
def test_the_first_rule_that_fits_chooses(
    chosen: rules.Rules, kind: Kind, supplier: str, destination: str, name: str
) -> None:
    face = replace(TYPICAL, kind=kind, supplier=supplier, destination=destination)

    assert chosen.name(face) == chosen.layout(face).name == name


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"a6"', '"a66"', "rule 2: layout: there is no layout 'a66'; there are"),
        ('default = "a7"', "", "default: expected a text, got nothing"),
        ('kind = "supplier"\nlayout', 'kind = "suplier"\nlayout', "rule 2: kind: expected production or withdrawal or"),
        ("destination", "target", "rule 3: unknown key target"),
        ('"a6"', '"command"', "rule 2: layout: the layout 'command' is not for cards; take another"),
    ],
)
def test_wrong_rules_say_what_to_change(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in RULES
    (tmp_path / "rules.toml").write_text(RULES.replace(old, new))

    with pytest.raises(BadLayout) as error:
        rules.read(tmp_path / "rules.toml")

    assert f"rules.toml: {told}" in str(error.value)


def test_a_layout_that_means_nothing_leaves_the_other_rules_alone(tmp_path: Path) -> None:
    (tmp_path / "a6.toml").write_text("width = ")
    (tmp_path / "rules.toml").write_text(RULES)
    read = rules.read(tmp_path / "rules.toml", tmp_path)

    assert read.layout(replace(TYPICAL, kind=Kind.SIGNAL, destination="Line 9")).name == "a7"
    with pytest.raises(BadLayout, match=r"a6\.toml: "):
        read.layout(replace(TYPICAL, kind=Kind.SUPPLIER, supplier="Wagner"))


def test_a_command_card_says_its_word_and_looks_like_no_card() -> None:
    face = command_face("EKC-RECEIVE", "Receive", "The full bin has arrived. Scan this, then the card.")

    (scene,) = scenes(face, command_layout(face), Profile())

    assert max(texts(scene), key=lambda text: text.size).text == "Receive"
    assert {symbol.payload for symbol in symbols(scene)} == {"EKC-RECEIVE"}
    assert not [item for item in scene.items if isinstance(item, Rect) and item.ink in KIND_INKS.values()]
    assert not in_the_way(scene)


@pytest.mark.parametrize(
    ("bars", "matrix", "symbology"),
    [
        ("Kanban+#/Yz\x1d29-Wq", "", "code128"),
        ("", "https://kanban.example/c/7K3QM9X201CF", "qr"),
        ("", "[)>\x1e06\x1d15K7K3QM9X201CF\x1e\x04", "datamatrix"),
    ],
)
def test_a_line_of_the_self_test_has_one_code_and_what_it_reads_as(bars: str, matrix: str, symbology: str) -> None:
    face = line_face("Separators", "What to look for.", "Kanban<GS>", bars=bars, matrix=matrix)

    (scene,) = scenes(face, line_layout(face), Profile())

    (symbol,) = symbols(scene)
    assert (symbol.symbology, symbol.payload) == (symbology, bars or matrix)
    assert "Kanban<GS>" in {text.text for text in texts(scene)}
    assert not in_the_way(scene)
