"""`ekanban scanners calibrate`, as a person and a script use it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import us_keyboard as us
from typer.testing import CliRunner, Result
from us_keyboard import Key, press, typed

from ekanban_cli.main import app
from ekanban_drivers.calibration import HEAD, TAIL


def calibrate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["scanners", "calibrate", *map(str, arguments)], env={"COLUMNS": "200"})


def recorded(folder: Path, layout: str, keys: Iterable[Key]) -> Path:
    head = {"driver": "evdev", "profile": {"layout": layout}, "devices": {"a": {}}}
    rows = [
        {"t": number / 1000, "dev": "a", "type": kind, "code": code, "value": value}
        for number, (kind, code, value) in enumerate(keys)
    ]
    file = folder / "reading.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in [head, *rows]))
    return file


def test_a_scanner_that_agrees_with_its_profile_is_told_so(tmp_path: Path) -> None:
    keys = [*typed(HEAD), *press(us.CTRL, 27), *typed(TAIL), *press(us.ENTER)]

    done = calibrate("--recording", recorded(tmp_path, "us", keys))

    assert (done.exit_code, done.stdout) == (
        0,
        "Scanner and profile agree: layout us, Caps Lock, separator and end of a code.\n",
    )


def test_a_wrong_layout_and_a_missing_end_are_named_with_the_line_that_mends_them(tmp_path: Path) -> None:
    file = recorded(tmp_path, "fr", [*typed(HEAD), *press(us.CTRL, 27), *typed(TAIL)])

    done, as_json = calibrate("--recording", file), calibrate("--recording", file, "--json")

    assert done.exit_code == as_json.exit_code == 1
    assert "The scanner types in the layout us; the profile says fr." in done.stdout
    assert "The scanner sends nothing behind the code" in done.stdout
    assert done.stdout.endswith('\n    layout = "us"\n')
    data = json.loads(as_json.stdout)
    assert (data["layouts"], data["change"]) == (["us"], {"layout": "us"})
    assert [(one["kind"], one["change"]) for one in data["findings"]] == [
        ("layout", {"layout": "us"}),
        ("terminator", {}),
    ]


def test_a_recording_is_judged_by_another_profile_where_one_is_named(tmp_path: Path) -> None:
    file = recorded(tmp_path, "fr", [*typed(HEAD), *press(us.CTRL, 27), *typed(TAIL), *press(us.ENTER)])

    assert calibrate("--recording", file, "--profile", "keyboard").exit_code == 0


def test_the_barcode_is_written_to_be_printed(tmp_path: Path) -> None:
    done = calibrate("--barcode", tmp_path / "code.svg")

    assert done.exit_code == 0
    assert (tmp_path / "code.svg").read_text().startswith("<svg ")


def test_a_folder_that_is_not_there_and_a_line_that_is_no_keyboard_are_errors(tmp_path: Path) -> None:
    nowhere, serial = calibrate("--barcode", tmp_path / "no" / "code.svg"), calibrate("/dev/ttyUSB0")

    assert (nowhere.exit_code, serial.exit_code) == (1, 1)
    assert "No such file or directory" in nowhere.stderr
    assert "/dev/ttyUSB0 is no keyboard" in serial.stderr


def test_without_anything_to_do_it_is_a_usage_error() -> None:
    assert calibrate().exit_code == 2
