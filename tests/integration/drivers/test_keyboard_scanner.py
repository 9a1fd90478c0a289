"""Keyboard wedges under umockdev: stock python-evdev, pyudev and pyserial in a real process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import us_keyboard as us
from umock_scanner import INPUT_EVENT, LED_SCROLLL, UmockBed
from us_keyboard import key, press, typed
from watching import EKANBAN, Watch

from ekanban_drivers.calibration import HEAD, TAIL

pytestmark = pytest.mark.needs("umockdev", "evdev", "gcc")


@pytest.fixture
def bed() -> Iterator[UmockBed]:
    with UmockBed() as bed:
        yield bed


def watch(bed: UmockBed, device: str = "sn:SN0001", *options: str) -> Watch:
    return Watch(device, *options, environment=bed.environment)


def list_devices(bed: UmockBed) -> list[dict[str, object]]:
    done = subprocess.run(
        [*EKANBAN, "scanners", "list", "--json"], env=bed.environment, capture_output=True, check=True
    )
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_scanners_are_found_by_serial_number_port_and_kind(bed: UmockBed) -> None:
    bed.wedge(serial="SN0001", port="usb-1/input0")
    bed.serial_port()

    wedge, line = list_devices(bed)

    assert (wedge["driver"], wedge["identity"], wedge["path"]) == ("evdev", "sn:SN0001", "/dev/input/event5")
    assert (wedge["also"], wedge["name"]) == (["port:usb-1/input0", "id:05e0:1200"], "ACME Scanner")
    assert (line["driver"], line["identity"], line["path"]) == ("serial", "sn:A0001", "/dev/ttyUSB0")
    assert line["also"] == ["port:1-100", "id:05e0:1701"]


def test_two_scanners_with_one_serial_number_are_told_apart_by_their_ports(bed: UmockBed) -> None:
    bed.wedge(serial="SN0001", port="usb-1/input0")
    bed.wedge(serial="SN0001", port="usb-2/input0")

    assert [device["identity"] for device in list_devices(bed)] == ["port:usb-1/input0", "port:usb-2/input0"]


@pytest.mark.parametrize("name", ["identity", "port", "vendor and product", "by-id link", "node"])
def test_a_code_is_read_by_every_name_of_the_scanner(bed: UmockBed, name: str) -> None:
    wedge = bed.wedge()
    device = {
        "identity": "sn:SN0001",
        "port": "port:usb-0000:00:14.0-2/input0",
        "vendor and product": "id:05e0:1200",
        "by-id link": wedge.alias,
        "node": wedge.path,
    }[name]

    with watch(bed, device) as scanner:
        assert scanner.read() == "ready"
        wedge.scan("]C07K3QM9X201CF")
        line = scanner.line()

    assert (line["scan"], line["symbology"], line["dev"]) == ("7K3QM9X201CF", "]C0", "sn:SN0001")
    assert line["t_first"] < line["t_last"] < time.monotonic()


def test_a_scanner_unplugged_in_mid_code_is_an_error_and_whole_at_another_event_number(bed: UmockBed) -> None:
    wedge = bed.wedge()

    with watch(bed, "sn:SN0001", "--profile", str(_patient(bed))) as scanner:
        assert scanner.read() == "ready"
        for _round in range(2):
            wedge.scan("KAN-1\n7K3Q", end="")
            assert scanner.read() == "KAN-1"
            wedge.unplug()
            assert scanner.line() == {"dev": "sn:SN0001", "error": "disconnect", "partial": "7K3Q"}
            assert "gone" in scanner.line()["text"]
            before, wedge = wedge, bed.wedge()
            assert before.path != wedge.path
            assert scanner.read() == "ready"
            wedge.scan("7K3QM9X201CF")
            assert scanner.read() == "7K3QM9X201CF"


def _patient(bed: UmockBed) -> Path:
    """A profile under which no pause ends a code before the test has unplugged the scanner."""
    file = bed.root / "patient.toml"
    file.write_text("gap_ms = 60000\n")
    return file


def test_a_replugged_scanner_is_found_by_udevs_event_before_the_next_look(bed: UmockBed) -> None:
    wedge = bed.wedge()
    program = """
import asyncio
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.scanner import ScannerConfig

async def main():
    config = ScannerConfig("gate", "evdev", "sn:SN0001")
    async with Scanners([config], rescan_seconds=3600) as scanners:
        async for _, status in scanners.events():
            print(status.state.value, flush=True)

asyncio.run(main())
"""

    with Watch(environment=bed.environment, program=[sys.executable, "-c", program]) as scanner:
        assert scanner.word() == "ready"
        wedge.unplug()
        assert scanner.word() == "absent"
        bed.wedge()
        assert scanner.word() == "ready"


def test_a_scanner_that_another_program_grabbed_is_not_read(bed: UmockBed) -> None:
    wedge = bed.wedge()
    typed_elsewhere = list(typed("SECRET\n"))

    with wedge.grabbed(), watch(bed) as scanner:
        line = scanner.line()
        wedge.type(typed_elsewhere)
        for _try in range(2):  # the second begins when the first, for which the code lay there, has ended
            wedge.asks()
        assert wedge.unread == len(typed_elsewhere) * INPUT_EVENT.size

    assert line["state"] == "busy"
    assert "fuser -v /dev/input/event5" in line["text"]


def test_a_grabbed_scanner_is_read_when_the_other_program_lets_go(bed: UmockBed) -> None:
    wedge = bed.wedge()

    with ExitStack() as other:
        other.enter_context(wedge.grabbed())
        with watch(bed) as scanner:
            assert scanner.read() == "busy"
            other.close()
            assert scanner.read() == "ready"
            wedge.scan("KAN-1")
            assert scanner.read() == "KAN-1"


def test_the_grab_keeps_other_programs_out_and_ends_with_the_reader(bed: UmockBed) -> None:
    wedge = bed.wedge()

    with watch(bed) as scanner:
        assert scanner.read() == "ready"
        with pytest.raises(BlockingIOError), wedge.grabbed():
            pass

    with wedge.grabbed():
        pass


@pytest.mark.more
def test_a_key_that_is_held_keeps_the_scanner_from_being_grabbed(bed: UmockBed) -> None:
    wedge = bed.wedge(held=[2])

    with watch(bed) as scanner:
        line = scanner.line()
        assert (line["state"], "held down" in line["text"]) == ("busy", True)
        wedge.hold([])
        assert scanner.read() == "ready"


def test_a_code_that_was_under_way_before_the_grab_is_refused_and_the_next_is_whole(bed: UmockBed) -> None:
    wedge = bed.wedge()
    wedge.hold([2], once=True)

    with watch(bed) as scanner:
        assert scanner.read() == "ready"
        assert scanner.line() == {"dev": "sn:SN0001", "error": "overrun", "partial": ""}
        wedge.scan("M9X201CF")
        wedge.scan("KAN-1")
        assert scanner.read() == "KAN-1"


def test_a_reader_that_stalls_does_not_cut_a_code(bed: UmockBed) -> None:
    wedge = bed.wedge()
    hasty = bed.root / "hasty.toml"
    hasty.write_text("gap_ms = 100\n")

    with watch(bed, "sn:SN0001", "--profile", str(hasty)) as scanner:
        assert scanner.read() == "ready"
        scanner.process.send_signal(signal.SIGSTOP)
        typed_at = time.monotonic()
        wedge.type(typed("7K3QM9"), last=typed_at)
        wedge.type(typed("X201CF\n"), last=typed_at + 0.1)
        time.sleep(0.3)  # the stall itself: three times as long as a pause that would cut the code
        scanner.process.send_signal(signal.SIGCONT)
        assert scanner.read() == "7K3QM9X201CF"


def test_a_pause_in_a_code_is_an_error_without_any_further_key(bed: UmockBed) -> None:
    wedge = bed.wedge()

    with watch(bed) as scanner:
        assert scanner.read() == "ready"
        wedge.scan("7K3Q", end="")
        assert scanner.line() == {"dev": "sn:SN0001", "error": "timeout", "partial": "7K3Q"}


def test_a_key_held_for_a_second_is_told_without_any_further_key(bed: UmockBed) -> None:
    wedge = bed.wedge()

    with watch(bed) as scanner:
        assert scanner.read() == "ready"
        wedge.type(key(us.SHIFT, 1))
        assert "A key of the scanner is held down" in scanner.line()["text"]


def test_an_evil_code_is_refused_and_nothing_of_it_typed(bed: UmockBed) -> None:
    wedge = bed.wedge()

    with watch(bed) as scanner:
        assert scanner.read() == "ready"
        wedge.type([*typed("12"), *press(us.META, 19), *typed("calc\n"), *typed("KAN-1\n")])
        assert scanner.line() == {"dev": "sn:SN0001", "error": "control_key", "partial": "12"}
        assert scanner.read() == "KAN-1"


def test_a_thousand_codes_back_to_back_arrive_in_order(bed: UmockBed) -> None:
    wedge = bed.wedge()

    with watch(bed, "sn:SN0001", "--profile", str(_patient(bed))) as scanner:
        assert scanner.read() == "ready"
        for hundred in range(10):
            codes = [f"kan-{hundred * 100 + number}" for number in range(100)]
            for code in codes:
                wedge.scan(code)
            assert [scanner.read() for _ in codes] == codes


def test_a_scanner_without_permission_says_so_and_is_read_once_it_has_it(bed: UmockBed) -> None:
    wedge = bed.wedge()
    wedge.terminal.chmod(0)
    bed.open_to_all()
    nobody = ["setpriv", "--reuid", "65534", "--clear-groups"] if os.geteuid() == 0 else []

    with Watch("sn:SN0001", "--driver", "evdev", environment=bed.environment, run=nobody) as scanner:
        line = scanner.line()
        assert line["state"] == "not_readable"
        assert "Scanner ACME Scanner (/dev/input/event5) is not readable" in line["text"]
        wedge.terminal.chmod(0o666)
        assert scanner.read() == "ready"
        wedge.scan("KAN-1")
        assert scanner.read() == "KAN-1"


def test_the_light_shows_the_colour_where_the_profile_says_so(bed: UmockBed) -> None:
    wedge = bed.wedge()
    program = """
import asyncio
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.scanner import Feedback, Profile, ScannerConfig

async def main():
    config = ScannerConfig("gate", "evdev", "sn:SN0001", Profile.from_mapping({"feedback": "led"}))
    async with Scanners([config]) as scanners:
        async for _ in scanners.events():
            print(await scanners.feedback("gate", Feedback.AMBER), flush=True)
            await asyncio.to_thread(input)
            break

asyncio.run(main())
"""
    running = subprocess.Popen(
        [sys.executable, "-c", program],
        env=bed.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline() == "True\n"
    lights = [INPUT_EVENT.unpack(wedge.received(INPUT_EVENT.size))[2:] for _ in range(8)]
    running.communicate("\n", timeout=20)

    assert [event for event in lights if event[0] == us.EV_LED] == [
        (us.EV_LED, LED_SCROLLL, value) for value in (1, 0) * 2
    ]


def test_a_serial_scanner_is_read_unplugged_and_found_again_at_another_number(bed: UmockBed) -> None:
    port = bed.serial_port(0)

    with watch(bed, "sn:A0001") as scanner:
        assert scanner.read() == "ready"
        port.send(b"KAN-1\r\n7K3Q")
        assert scanner.read() == "KAN-1"
        port.unplug()
        assert scanner.line() == {"dev": "sn:A0001", "error": "disconnect", "partial": "7K3Q"}
        assert scanner.read() == "absent"
        port = bed.serial_port(1)
        assert scanner.read() == "ready"
        port.send(b"7K3QM9X201CF\r")
        assert scanner.read() == "7K3QM9X201CF"


def test_a_scanner_with_another_layout_is_found_out_by_the_calibration_barcode(bed: UmockBed) -> None:
    wedge = bed.wedge()
    command = [*EKANBAN, "scanners", "calibrate", "sn:SN0001", "--json"]
    german = [{"z": "y", "Y": "Z"}.get(character, character) for character in HEAD]  # the keys that lie elsewhere
    places = {"+": [27], "#": [43], "/": [us.SHIFT, 8], "-": [53]}
    keys = [press(*places[c]) if c in places else typed(c) for c in [*german, *TAIL]]
    keys.insert(len(HEAD), press(us.CTRL, 27))

    with subprocess.Popen(command, env=bed.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None
            assert b"Scan the calibration barcode" in process.stderr.readline()
            wedge.type(event for chord in [*keys, press(us.ENTER)] for event in chord)
            told, _ = process.communicate(timeout=60)
        finally:
            process.kill()

    assert (process.returncode, json.loads(told)["change"]) == (1, {"layout": "de"})
