"""`ekanban scanners doctor` as a person and a script use it, with devices under umockdev and real other programs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import pytest
from hid_scanner import described
from umock_scanner import Device, UmockBed
from watching import EKANBAN, Watch

pytestmark = pytest.mark.needs("umockdev", "evdev", "gcc")

CONFIG = """
[[scanners]]
name = "gate"
driver = "evdev"
device = "sn:SN0001"
profile = "keyboard"

[[scanners]]
name = "twins"
driver = "evdev"
device = "id:05e0:1200"

[[scanners]]
name = "line"
driver = "serial"
device = "sn:A0001"
profile = "serial"

[[scanners]]
name = "desk"
driver = "hidpos"
device = "sn:NONE"
"""


class Plant(UmockBed):
    """Two wedges alike but for a serial number, a serial port, a HID-POS scanner; no test changes them for the next."""

    def __enter__(self) -> Self:
        super().__enter__()
        self.gate = self.wedge()
        self.wedge(serial="", port="usb-1/input0")
        self.line = self.serial_port()
        self.reporter(described())
        (self.root / "terminal.toml").write_text(CONFIG)
        return self


@pytest.fixture(scope="module")
def bed() -> Iterator[Plant]:
    with Plant() as bed:
        yield bed


def doctor(
    bed: Plant, *arguments: str, config: str = "terminal.toml", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EKANBAN, "scanners", "doctor", "--config", bed.root / config, *arguments],
        env={**bed.environment, "COLUMNS": "80", **environment},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def report(bed: Plant, *arguments: str, config: str = "terminal.toml") -> dict[str, Any]:
    done = doctor(bed, *arguments, "--json", config=config)
    answer: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if answer["well"] else 1), done.stderr
    return answer


def codes(answer: Mapping[str, Any], scanner: str) -> list[str]:
    return [finding["code"] for finding in answer["findings"] if finding["scanner"] == scanner]


def test_json_says_all_of_every_node_and_of_every_finding(bed: Plant) -> None:
    answer = report(bed)

    assert list(answer) == ["well", "config", "account", "scanners", "devices", "findings", "programs_not_seen"]
    assert [(one["name"], one["path"]) for one in answer["scanners"]] == [
        ("gate", "/dev/input/event5"), ("twins", None), ("line", "/dev/ttyUSB0"), ("desk", None),
    ]  # fmt: skip
    assert [codes(answer, name)[0] for name in ("gate", "twins", "line", "desk")] == [
        "will_be_read", "several_devices", "will_be_read", "absent",
    ]  # fmt: skip
    wedge = answer["devices"][0]
    assert list(wedge) == [
        "path", "class", "name", "identities", "vendor", "product", "owner", "group", "mode", "grants", "readable",
        "kernel_driver", "interface", "properties", "opened_by", "scanner",
    ]  # fmt: skip
    assert wedge["identities"] == ["sn:SN0001", "port:usb-0000:00:14.0-2/input0", "id:05e0:1200"]
    assert (wedge["class"], wedge["scanner"], wedge["properties"]) == ("keyboard", "gate", {"ID_INPUT_KEYBOARD": "1"})
    finding = next(one for one in answer["findings"] if one["code"] == "several_devices")
    assert (finding["severity"], finding["remedy_for"]) == ("problem", "configuration")
    assert 'device = "port:usb-1/input0"  # ACME Scanner (/dev/input/event6)' in finding["remedy"].splitlines()


def test_people_read_it_on_eighty_columns_and_what_they_paste_is_never_broken(bed: Plant) -> None:
    done = doctor(bed)
    lines = done.stdout.splitlines()

    assert done.returncode == 1
    assert "gate: evdev, sn:SN0001, profile keyboard" in lines
    assert "  /dev/input/event5  ACME Scanner  05e0:1200  keyboard  root:root 0600" in lines
    assert lines[-1] == "Problems: 2. Warnings: 1."
    assert all(line.startswith("      ") for line in lines if len(line) > 80)
    rule, then = next((line, lines[number + 1]) for number, line in enumerate(lines) if line.startswith("      echo '"))
    assert "ENV{LIBINPUT_IGNORE_DEVICE}" in rule
    assert then.strip() == "sudo udevadm control --reload && sudo udevadm trigger --name-match=/dev/input/event5"


def test_in_german_it_is_german(bed: Plant) -> None:
    done = doctor(bed, LC_ALL="de_DE.UTF-8")

    assert "Problem" in done.stdout
    assert "Nichts steht im Weg" in done.stdout


def test_no_device_is_opened(bed: Plant) -> None:
    program = """
import asyncio, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from ekanban_drivers.doctor.examine import examine, gather
facts = asyncio.run(gather([("gate", "evdev", "sn:SN0001", "")]))
assert len(facts.devices) == 4 and examine(facts).is_well
print([path for path in opened if path.startswith("/dev/")])
"""

    done = subprocess.run(
        [sys.executable, "-c", program], env=bed.environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_a_node_without_permission_is_named_with_the_account_and_the_command(bed: Plant) -> None:
    before = bed.gate.terminal.stat().st_mode
    bed.gate.terminal.chmod(0o660)
    try:
        answer = report(bed, "gate", "--account", "nobody")
    finally:
        bed.gate.terminal.chmod(before)

    assert (answer["account"], codes(answer, "gate")) == ("nobody", ["not_readable"])
    (finding,) = [one for one in answer["findings"] if one["scanner"] == "gate"]
    assert "usermod" in finding["remedy"]


@contextmanager
def program(name: str, holds: Device, *arguments: str) -> Iterator[int]:
    """A process that is called so and has a device open; yields its number."""
    command = [name, "-c", "import time; time.sleep(600)", *arguments]
    with holds.terminal.open("rb") as opened:
        running = subprocess.Popen(command, executable=sys.executable, stdin=opened)
    try:
        yield running.pid
    finally:
        running.kill()
        running.wait()


def test_whoever_has_the_port_open_is_named(bed: Plant) -> None:
    with program("minicom", bed.line) as number:
        answer = report(bed, "line")

    (device,) = answer["devices"]
    assert number in [process["pid"] for process in device["opened_by"]]
    (held,) = [one for one in answer["findings"] if one["code"] == "held"]
    assert held["remedy"] == f"sudo kill {number}"


def test_what_nobody_configured_is_shown_with_the_lines_to_paste(bed: Plant) -> None:
    answer = report(bed, "/dev/hidraw0")

    assert answer["well"]
    assert [one["driver"] for one in answer["scanners"]] == ["hidpos"]


def test_a_wrong_configuration_is_said_and_the_devices_are_shown_all_the_same(bed: Plant) -> None:
    (bed.root / "wrong.toml").write_text('naem = "Line 4"\n')

    answer = report(bed, config="wrong.toml")

    found = {one["code"]: one for one in reversed(answer["findings"])}
    assert "naem: there is no such setting" in found["settings_wrong"]["what"]
    assert found["not_used"]["device"] == "/dev/input/event5"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["sn:NOBODY"], "sn:NOBODY is not there"), (["--account", "nonesuch"], "no account nonesuch")],
)
def test_what_is_not_there_is_said_and_ends_with_one(bed: Plant, arguments: list[str], said: str) -> None:
    done = doctor(bed, *arguments)

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_help_has_an_example() -> None:
    done = subprocess.run([*EKANBAN, "scanners", "doctor", "--help"], capture_output=True, text=True, check=True)

    assert "ekanban scanners doctor" in done.stdout.split("Example")[1]


def live(bed: Plant, *arguments: str) -> Watch:
    program = [*EKANBAN, "scanners", "doctor", "--config", str(bed.root / "terminal.toml"), *arguments, "--live"]
    return Watch(environment=bed.environment, program=program)


def words(watch: Watch, last: str) -> list[str]:
    """What is printed, up to a line that ends so."""
    lines = [watch.word()]
    while not lines[-1].endswith(last):
        lines.append(watch.word())
    return lines


def test_live_shows_the_keys_of_a_scanner_beside_the_code(bed: Plant) -> None:
    with live(bed, "gate") as doctor:
        words(doctor, "sn:SN0001: ready")
        bed.gate.scan("Ka")
        lines = words(doctor, "→ Ka")
        doctor.process.send_signal(signal.SIGINT)
        assert doctor.process.wait(timeout=60) == 0

    assert [line.split()[1:] for line in lines[:4]] == [
        ["down", "42", "KEY_LEFTSHIFT"], ["down", "37", "KEY_K"], ["up", "37", "KEY_K"], ["up", "42", "KEY_LEFTSHIFT"],
    ]  # fmt: skip
    assert lines[-1].strip() == "→ Ka"


def test_live_in_json_is_a_recordings_lines_and_readings(bed: Plant) -> None:
    with live(bed, "line", "--json") as doctor:
        assert doctor.line()["well"]
        assert doctor.line()["state"] == "ready"
        bed.line.send(b"KAN-1\r")
        assert doctor.line()["bytes"] == b"KAN-1\r".hex()
        assert doctor.line()["scan"] == "KAN-1"


def test_live_takes_no_scanner_from_the_running_terminal(bed: Plant) -> None:
    with program("ekanban", bed.line, "terminal", "serve"):
        done = doctor(bed, "line", "--live")

    assert done.returncode == 1
    assert "The running terminal reads it." in done.stdout
    assert "stop it first: sudo systemctl stop ekanban-terminal" in done.stderr
