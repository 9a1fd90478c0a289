"""Words in their boxes: to the left, in the middle, to the right, with captions, in letters that the box holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from card_faces import TYPICAL
from card_places import texts

from ekanban_labels import layout_file
from ekanban_labels.profile import Profile
from ekanban_labels.resolve import scenes
from ekanban_labels.scene import Text

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
