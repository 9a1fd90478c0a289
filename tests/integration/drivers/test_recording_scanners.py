"""`ekanban scanners record`: what `scanners replay` reads of it is what was there, byte for byte."""

from __future__ import annotations

import errno
import itertools
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hid_scanner import described, reports
from pty_scanner import PtyScanner
from tcp_reader import call, free_port, hang_up
from umock_scanner import UmockBed
from us_keyboard import typed
from watching import EKANBAN, Watch

from ekanban_drivers import recorder as recorder_module
from ekanban_drivers.happenings import Head, Line, Lost, Sent
from ekanban_drivers.profile import Profile
from ekanban_drivers.recorder import Recorder
from ekanban_drivers.recording import as_json, parse, readings, replay

LONG = b"7K3QM9X201CF" * 10  # three reports


@pytest.fixture(autouse=True)
def _readers_hang_up() -> Iterator[None]:
    yield
    hang_up()


class Recording(Watch):
    """A running `ekanban scanners record`."""

    def __init__(self, file: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        record = [*EKANBAN, "scanners", "record", str(file), *arguments, "--json"]
        super().__init__(environment=environment, program=record)
        self.file = file
        self.shown: list[dict[str, Any]] = []

    def read(self) -> str:
        line = self.line()
        if "state" not in line:
            self.shown.append(line)
        return str(line.get("scan") or line.get("error") or line.get("state"))

    def end(self) -> None:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(60) == 0

    @property
    def head(self) -> dict[str, Any]:
        return lines(self.file)[0]


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def replayed(file: Path) -> list[dict[str, Any]]:
    return [timeless(as_json(event)) for event in readings(replay(parse(file.read_text().split("\n"))))]  # type: ignore[arg-type]  # readings have no Status


def timeless(reading: dict[str, Any]) -> dict[str, Any]:
    """Leave out when and by which device: a recording has a clock and names of its own."""
    return {key: value for key, value in reading.items() if key not in ("t_first", "t_last", "dev")}


def patient(folder: Path) -> str:
    """A profile under which no pause ends a code before the test has unplugged the scanner."""
    file = folder / "patient.toml"
    file.write_text("gap_ms = 60000\n")
    return str(file)


def test_a_serial_scanner_is_recorded_with_its_replugs_and_replayed_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "gate.jsonl"
    with (
        PtyScanner(tmp_path / "scanner") as scanner,
        Recording(file, str(scanner.path), "--profile", patient(tmp_path)) as recording,
    ):
        assert recording.read() == "ready"
        scanner.send(b"]C07K3QM9X201CF\r\n\0\xff\xfe\r\n7K3Q")
        assert [recording.read(), recording.read()] == ["7K3QM9X201CF", "\0ÿþ"]
        scanner.unplug()
        assert [recording.read(), recording.read()] == ["disconnect", "absent"]
        scanner.plug()
        assert recording.read() == "ready"
        scanner.send(b"M9X201CF\r")
        assert recording.read() == "M9X201CF"
        recording.end()

    head, *rest = lines(file)
    assert (head["driver"], head["profile"]["gap_ms"]) == ("serial", 60_000)
    assert head["devices"] == {"a": {"name": str(scanner.path), "identity": str(scanner.path)}}
    assert "".join(line.get("bytes", " ") for line in rest) == (
        b"]C07K3QM9X201CF\r\n\0\xff\xfe\r\n7K3Q".hex() + "  " + b"M9X201CF\r".hex()
    )
    assert [next(iter(line.keys() - {"t", "dev"})) for line in rest if "bytes" not in line] == ["lost", "back"]
    assert all(0 <= line["t"] < 60 for line in rest)
    assert replayed(file) == [timeless(line) for line in recording.shown]


def test_a_reader_on_the_network_is_recorded(tmp_path: Path) -> None:
    port = free_port()
    with Recording(tmp_path / "gate.jsonl", f"listen:{port}", "--count", "2") as recording:
        assert recording.read() == "absent"
        first = call(port)
        assert recording.read() == "ready"
        first.send(b"KAN-1\r7K")
        assert recording.read() == "KAN-1"
        first.close()
        assert [recording.read(), recording.read()] == ["disconnect", "absent"]
        second = call(port)
        assert recording.read() == "ready"
        second.send(b"KAN-2\r")
        assert recording.read() == "KAN-2"
        assert recording.process.wait(60) == 0

    assert recording.head["driver"] == "tcp"
    assert [line.get("lost") for line in lines(recording.file) if "lost" in line] == ["EOF"]
    assert replayed(recording.file) == [timeless(line) for line in recording.shown]


@pytest.mark.needs("umockdev", "evdev", "gcc")
def test_a_keyboard_scanner_is_recorded_event_by_event_with_the_kernels_stamps(tmp_path: Path) -> None:
    sent = [*typed("x\n]C07K3QM9X201CF\n"), (17, 1, 1), *typed("12"), (0, 3, 0), *typed("3\nKAN-1\n")]
    with UmockBed() as bed:
        wedge = bed.wedge()
        wedge.hold([2], once=True)  # a code is under way when the scanner is opened
        arguments = ("sn:SN0001", "--profile", patient(tmp_path))
        with Recording(tmp_path / "wedge.jsonl", *arguments, environment=bed.environment) as recording:
            assert [recording.read(), recording.read()] == ["ready", "overrun"]
            recording.process.send_signal(signal.SIGSTOP)
            wedge.type(sent, step=0.002)
            time.sleep(0.1)  # the stall itself: twice as long as what is called late
            recording.process.send_signal(signal.SIGCONT)
            assert [recording.read() for _ in range(3)] == ["7K3QM9X201CF", "overrun", "kan-1"]
            wedge.scan("12", end="")
            wedge.unplug()
            assert [recording.read(), recording.read()] == ["disconnect", "absent"]
            recording.end()

    head, *rest = lines(recording.file)
    events = [line for line in rest if "type" in line]
    assert (head["driver"], head["devices"]) == ("evdev", {"a": {"name": "ACME Scanner", "identity": "sn:SN0001"}})
    assert [(line["type"], line["code"], line["value"]) for line in events] == [(0, 3, 0), *sent, *typed("12")]
    stalled = events[1 : 1 + len(sent)]
    steps = [later["t"] - line["t"] for line, later in itertools.pairwise(stalled)]
    assert all(abs(step - 0.002) < 0.000_01 for step in steps)
    assert all(line["delivered"] > stalled[-1]["t"] + 0.05 for line in stalled)
    assert rest[-1]["lost"] == "ENODEV"
    assert replayed(recording.file) == [timeless(line) for line in recording.shown]


@pytest.mark.needs("umockdev", "gcc")
def test_a_report_scanner_is_recorded_with_its_own_description(tmp_path: Path) -> None:
    form = described(capacity=20, report=5, rest=0)
    with UmockBed() as bed:
        device = bed.reporter(form)
        with Recording(tmp_path / "reports.jsonl", "sn:H0001", environment=bed.environment) as recording:
            assert recording.read() == "ready"
            device.report(*reports(LONG, capacity=20, report=5, rest=0))
            assert recording.read() == LONG.decode()
            recording.end()

    head, *rest = lines(recording.file)
    assert (head["driver"], head["profile"]["report_descriptor"]) == ("hidpos", form.hex())
    assert [line["report"] for line in rest] == [one.hex() for one in reports(LONG, capacity=20, report=5, rest=0)]
    assert replayed(recording.file) == [timeless(line) for line in recording.shown]


def test_a_recording_of_a_recording_that_is_played_is_the_same_line_by_line(tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    profile = Profile.from_mapping({"terminators": ["cr"], "gap_ms": 100})
    devices = {"a": {"name": "ACME", "identity": "sn:A"}, "b": {"name": "ACME", "identity": "sn:B"}}
    with Recorder(first) as written:
        written.opened(Head("serial", profile, devices))
        for t, device, what in (
            (0.5, "a", Sent(b"KAN")),
            (0.51, "b", Sent(b"7K3Q")),
            (0.52, "a", Sent(b"-1\r")),
            (0.53, "b", Lost("EIO")),
            (0.54, "b", Sent(b"KAN-2\r12")),
        ):
            written.line(Line(t, device, what, 0.6 if device == "a" else None))

    with Recording(second, str(first), "--driver", "replay") as recording:
        read = [recording.read() for _ in range(6)]
        assert recording.process.wait(60) == 0

    assert read == ["ready", "KAN-1", "disconnect", "KAN-2", "timeout", "absent"]
    assert second.read_bytes() == first.read_bytes()
    assert replayed(first) == [timeless(line) for line in recording.shown]


def test_a_recorder_that_is_killed_leaves_what_was_there(tmp_path: Path) -> None:
    with (
        PtyScanner(tmp_path / "scanner") as scanner,
        Recording(tmp_path / "gate.jsonl", str(scanner.path), "--profile", "serial") as recording,
    ):
        assert recording.read() == "ready"
        scanner.send(b"KAN-1\r")
        assert recording.read() == "KAN-1"
        until_written(recording.file, 2)
        recording.process.kill()
        recording.process.wait(60)

    assert [reading["scan"] for reading in replayed(recording.file)] == ["KAN-1"]


def until_written(file: Path, count: int) -> None:
    end = time.monotonic() + 20
    while len(file.read_text().splitlines()) < count:
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)  # a poll of the condition, not a guess of a duration


def test_what_was_never_there_leaves_no_file(tmp_path: Path) -> None:
    with Recorder(tmp_path / "gate.jsonl"):
        pass

    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_ends_the_recording_with_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Recorder(tmp_path / "gate.jsonl") as recorder:
        monkeypatch.setattr(recorder_module.os, "write", full)
        recorder.opened(Head("serial", Profile(), {"x": {}}, 1.0))
        recorder._thread.join(20)
        monkeypatch.undo()

    assert recorder.error is not None
    assert recorder.error.errno == errno.ENOSPC
