"""The udev rules by a strict reading of udev(7): `udevadm verify` is younger than Debian 12."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

UDEV = Path(__file__).resolve().parents[3] / "systemd/udev"
RULES = sorted(UDEV.glob("*.rules"))
TOKEN = re.compile(r'\s*([A-Z_]+)(?:\{([^}]+)\})?\s*(==|!=|\+=|-=|:=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
MATCHES = {"ACTION", "KERNEL", "SUBSYSTEM", "DRIVER", "ATTR", "ENV", "TAG", "KERNELS", "SUBSYSTEMS", "ATTRS", "TAGS"}
ASSIGNMENTS = {"OWNER": "= :=", "GROUP": "= :=", "MODE": "= :=", "ENV": "= +=", "TAG": "+= -= =", "SYMLINK": "+= -= =",
               "RUN": "+= =", "LABEL": "=", "GOTO": "=", "IMPORT": "= =="}  # fmt: skip
NEED_A_NAME = {"ENV", "ATTR", "ATTRS", "IMPORT"}

Token = tuple[str, str, str, str]


def lines(path: Path) -> list[str]:
    joined = path.read_text("utf-8").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def tokens(line: str) -> list[Token]:
    """Read one rule, to its end; raises ValueError at what is no rule."""
    found, at = [], 0
    while at < len(line):
        token = TOKEN.match(line, at)
        if token is None:
            raise ValueError(line[at:])
        key, name, operator, value = token[1], token[2] or "", token[3], token[4]
        matches = operator in {"==", "!="} and key in MATCHES
        if not matches and operator not in ASSIGNMENTS.get(key, "").split():
            raise ValueError(token[0])
        if bool(name) != (key in NEED_A_NAME):
            raise ValueError(token[0])
        found.append((key, name, operator, value))
        at = token.end()
    return found


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_udev_would_understand_every_rule(path: Path) -> None:
    rules = [tokens(line) for line in lines(path)]

    goals = {value for rule in rules for key, _, _, value in rule if key == "LABEL"}
    assert {value for rule in rules for key, _, _, value in rule if key == "GOTO"} == goals
    accounts = (UDEV.parent / "sysusers/ekanban-terminal.conf").read_text("utf-8")
    for rule in rules:
        for key, _, _, value in rule:
            assert key != "GROUP" or re.search(rf"^g\s+{value}\s", accounts, re.MULTILINE), value
            assert key != "MODE" or re.fullmatch(r"0[0-7]{3}", value)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_the_examples_in_comments_are_rules(path: Path) -> None:
    for example in re.findall(r"^#   (SUBSYSTEM.*)$", path.read_text("utf-8"), re.MULTILINE):
        assert ("ENV", "EKANBAN_SCANNER", "=", "1") in tokens(example)


@pytest.mark.parametrize("wrong", [
    'SUBSYSTEM=="input" ENV{A}="1"', 'SUBSYTEM=="input"', 'GROUP=="x"', 'ENV="1"', 'MODE="0660', 'GROUP{x}="y"', "x",
])  # fmt: skip
def test_what_udev_would_pass_over_is_found(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        tokens(wrong)


def test_a_keyboard_of_an_unknown_maker_stays_a_keyboard() -> None:
    for line in lines(UDEV / "60-ekanban-scanners.rules"):
        rule = tokens(line)
        marks = [token for token in rule if token[:2] == ("ENV", "EKANBAN_SCANNER") and token[2] == "="]
        if marks:
            assert any(key == "ATTRS" and name == "idVendor" for key, name, _, _ in rule), line


SCANNER = "058c0902a10185021500"  # as HID-POS scanners begin
TWO_BYTES = "068c000902a101"
KEYBOARD = "05010906a1010507"
HIDDEN = "0501093ca101268c05c0"  # a maximum of 0x058C is no usage page
SECOND = "05010906a10105078102c0058c0902a101c0"  # a keyboard and a scanner in one descriptor
LONG = "fe0210058c05010906"  # a long item's data


@pytest.mark.parametrize(("descriptor", "is_scanner"), [
    (SCANNER, True), (TWO_BYTES, True), (SECOND, True), (KEYBOARD, False), (HIDDEN, False), (LONG, False), ("", False),
    ("05", False), ("26", False),
])  # fmt: skip
def test_a_device_that_calls_itself_a_scanner_is_one(tmp_path: Path, descriptor: str, is_scanner: bool) -> None:
    (tmp_path / "device").mkdir()
    (tmp_path / "device/report_descriptor").write_bytes(bytes.fromhex(descriptor))

    said = subprocess.run([UDEV / "ekanban-hid-scanner", tmp_path], capture_output=True, text=True, check=True).stdout

    assert said == ("EKANBAN_SCANNER=1\n" if is_scanner else "")
