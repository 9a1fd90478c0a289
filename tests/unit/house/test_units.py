"""The units as systemd's own tools judge them, and what a shop-floor PC needs of them. Nothing is started."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).resolve().parents[3] / "systemd"
UNITS = sorted(SYSTEMD.rglob("*.service"))
SERVICES = {"ekanban-terminal": 30, "ekanban-central": 25}  # exposure, in tenths
KERNEL_GIVES_UP_S = 30  # a disk's command, SCSI's default


def unit(name: str) -> str:
    return next(path for path in UNITS if path.stem == name).read_text("utf-8")


def values(name: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit(name), re.MULTILINE)


@pytest.mark.needs("systemd-analyze")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_has_nothing_to_say_of_a_unit(path: Path, tmp_path: Path) -> None:
    there = re.sub(r"/usr/(bin/(ekanban|cage)|lib/ekanban/kiosk/[a-z-]+)", "/usr/bin/true", path.read_text("utf-8"))
    copy = tmp_path / path.name  # programs that are not installed here are no fault of the unit's
    copy.write_text(there, "utf-8")

    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copy],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert (said.stdout, said.returncode) == ("", 0)  # of an unknown key it only warns


@pytest.mark.needs("systemd-analyze")
@pytest.mark.parametrize(("name", "most"), SERVICES.items())
def test_a_service_can_reach_little(name: str, most: int) -> None:
    path = next(path for path in UNITS if path.stem == name)

    subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={most}", path],
        check=True,
        stdout=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_every_line_of_a_unit_says_why_it_is_there(path: Path) -> None:
    bare, explained = [], False
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#"):
            explained = True
        elif not line or line.startswith("["):
            explained = False
        elif not explained and not line.startswith(("Description=", "Documentation=", "WantedBy=")):
            bare.append(line)

    assert bare == []


@pytest.mark.parametrize("name", [path.stem for path in UNITS])
def test_a_unit_comes_back_for_ever(name: str) -> None:
    assert values(name, "Restart") == ["always"]
    assert values(name, "StartLimitIntervalSec") == ["0"]
    assert 1 <= float(values(name, "RestartSec")[0]) <= 10


def test_a_disk_that_the_kernel_has_not_given_up_ends_no_terminal() -> None:
    assert float(values("ekanban-terminal", "WatchdogSec")[0]) / 2 > KERNEL_GIVES_UP_S


def test_a_terminal_opens_scanners_that_are_plugged_in_after_its_start_and_types_nothing() -> None:
    allowed = [value.split()[0] for value in values("ekanban-terminal", "DeviceAllow")]

    # By number, since systemd passes over names of drivers that are not loaded when it starts the service.
    assert {"char-13", "char-188", "char-166", "char-204", "char-216"} <= set(allowed)
    assert "modprobe@hid.service" in values("ekanban-terminal", "Wants")[0]  # hidraw's number is not fixed
    assert not [name for name in allowed if "uinput" in name or name in {"char-10", "char-4", "char-5"}]
    assert values("ekanban-terminal", "DevicePolicy") == ["closed"]
    assert "input" not in values("ekanban-terminal", "SupplementaryGroups")[0].split()
