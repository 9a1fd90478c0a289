"""Words and pictures in their boxes: left, in the middle, right, with captions, in letters that the box holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from card_faces import PICTURE, TYPICAL
from card_places import texts

from ekanban_labels import layout_file
from ekanban_labels.dot_grid import DotGrid
from ekanban_labels.profile import Profile
from ekanban_labels.resolve import scenes
from ekanban_labels.scene import Image, Text
from ekanban_labels.words import value

LAYOUT = """
title = "Own"
width = 100
height = 50
[front]
symbol = [{ symbology = "code128", box = [0, 0, 100, 10] }]
text = [{ value = "remark", box = [10, 20, 60, 10], size = [12, 8], %s }]
"""


def line(tmp_path: Path, how: str, profile: Profile | None = None) -> Text:
    file = tmp_path / "own.toml"
    file.write_text(LAYOUT % how)
    (scene,) = scenes(TYPICAL, layout_file.read(file), profile or Profile())
    (found,) = texts(scene)
    return found


def test_a_line_stands_to_the_left_in_the_middle_or_to_the_right_of_its_box(tmp_path: Path) -> None:
    left, center, right = (line(tmp_path, f'align = "{align}"') for align in ("left", "center", "right"))

    begin, end = Profile().dots(10), Profile().dots(70)
    assert left.x == begin
    assert right.x + right.width == end
    assert abs((center.x - begin) - (end - center.x - center.width)) <= 1


def test_a_caption_before_a_value_stands_in_its_line(tmp_path: Path) -> None:
    assert line(tmp_path, 'caption = "before"').text == "Remark Keep dry"
    assert line(tmp_path, 'caption = "none"').text == "Keep dry"


@pytest.mark.parametrize("scale", [{"scale_x": 0.9}, {"scale_y": 0.9}])
def test_letters_are_as_small_as_the_shorter_way_wants(tmp_path: Path, scale: dict[str, float]) -> None:
    assert line(tmp_path, "lines = 1", Profile(**scale)).size == round(12 * 203 / 72 * 0.9)


@pytest.mark.parametrize("box", ["[10, 12, 80, 30]", "[10, 12, 20, 30]"])
def test_a_picture_stands_in_the_middle_of_its_box(tmp_path: Path, box: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(LAYOUT.partition("text")[0] + f"picture = [{{ box = {box} }}]")

    (scene,) = scenes(replace(TYPICAL, picture=PICTURE), layout_file.read(file), Profile())

    (image,) = (item for item in scene.items if isinstance(item, Image))
    place = DotGrid(Profile()).box(layout_file.read(file).front[0].box)
    assert abs((image.x - place.x) - (place.right - image.x - image.width)) <= 1
    assert abs((image.y - place.y) - (place.bottom - image.y - image.height)) <= 1
    assert abs(image.width * 480 - image.height * 640) <= 640


@pytest.mark.parametrize(
    ("name", "has", "says"),
    [
        ("count", {"card": 3, "cards": 8}, "3 / 8"),
        ("count", {"card": 3, "cards": 0}, "3"),
        ("count", {"card": 0, "cards": 8}, ""),
        ("print", {"version": 2, "printed": ""}, "2"),
        ("print", {"version": 2, "printed": "2026-11-28"}, "2 · 2026-11-28"),
        ("amount", {"quantity": "5", "unit": ""}, "5"),
        ("supply", {"supplier": "", "supplier_part": "RB-1"}, "RB-1"),
        ("place", {"destination": "Line 3", "bin": ""}, "Line 3"),
    ],
)
def test_what_a_card_lacks_leaves_no_sign_behind(name: str, has: dict[str, Any], says: str) -> None:
    assert value(replace(TYPICAL, **has), name) == says


def test_a_module_that_is_whole_dots_but_for_arithmetic_takes_no_dot_more() -> None:
    assert [DotGrid(Profile(dpi=600)).module(mm) for mm in (0.127, 0.254, 0.13)] == [3, 6, 4]
