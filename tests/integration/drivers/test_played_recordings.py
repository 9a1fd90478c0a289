"""Recordings as scanners: played into a running terminal, at their own pace, once."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from watching import Watch

from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.recording import as_json, parse, readings, replay
from ekanban_drivers.scanner import Event, Feedback, Scan, ScanError, ScannerConfig, ScannerState, Status

FIXTURES = Path(__file__).parents[2] / "fixtures" / "scanners"
SOON = 60  # seconds; a test that needs them has failed


def played(device: str, further_rescans: int = 0) -> list[Event]:
    """What a terminal hears of a recording, to its end, and of some looks for it afterwards."""

    async def run() -> list[Event]:
        found: list[Event] = []
        async with Scanners([ScannerConfig("tape", "replay", device)], rescan_seconds=0.01) as scanners:
            async with asyncio.timeout(SOON):
                async for _, event in scanners.events():
                    found.append(event)
                    if isinstance(event, Status) and event.state is not ScannerState.READY:
                        break
            assert not await scanners.feedback("tape", Feedback.GREEN)
            stream = scanners.events()
            try:
                async with asyncio.timeout(0.01 * further_rescans):
                    found.append(await anext(stream))
            except TimeoutError:
                pass
        return found

    return asyncio.run(run())


def timeless(event: Scan | ScanError) -> dict[str, Any]:
    return {key: value for key, value in as_json(event).items() if key not in ("t_first", "t_last")}


SHORT = [
    "wedge-us/two-at-once", "wedge-us/caps-lock-on", "serial/crlf-in-chunks", "serial/stx-etx", "serial/not-text",
    "hidpos/no-identifier",
]  # fmt: skip


@pytest.mark.parametrize("name", SHORT)
def test_a_recording_that_is_played_reads_the_same_as_one_that_is_decoded(name: str) -> None:
    file = FIXTURES / f"{name}.jsonl"
    expected = [timeless(event) for event in readings(replay(parse(file.read_text().split("\n"))))]

    ready, *heard, ended = played(str(file))

    assert isinstance(ready, Status)
    assert isinstance(ended, Status)
    assert (ready.state, ended.text) == (ScannerState.READY, "Recording tape has been played to its end.")
    assert [timeless(event) for event in heard if not isinstance(event, Status)] == expected


def tape(folder: Path, *lines: dict[str, Any], **head: Any) -> str:
    content = {
        "driver": "serial",
        "profile": {"terminators": ["cr"], "gap_ms": 100},
        "devices": {"a": {}, "b": {}},
    } | head
    file = folder / "tape.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in (content, *lines)))
    return str(file)


def sent(t: float, data: bytes, device: str = "a") -> dict[str, Any]:
    return {"t": t, "dev": device, "bytes": data.hex()}


def test_it_is_played_at_its_own_pace_and_stamped_as_if_it_were_read_now(tmp_path: Path) -> None:
    file = tape(tmp_path, sent(5000.0, b"KAN-1\r"), sent(5000.3, b"KAN-2\r"))
    begin = time.monotonic()

    first, second = (event for event in played(file) if isinstance(event, Scan))

    assert begin <= first.t_first
    assert abs(second.t_last - first.t_last - 0.3) < 0.001
    assert second.t_last <= time.monotonic()


def test_a_code_that_stops_in_the_middle_is_told_before_the_next_line_comes(tmp_path: Path) -> None:
    file = tape(tmp_path, sent(0.0, b"7K3Q"), sent(0.5, b"KAN-1\r"))

    error = next(event for event in played(file) if isinstance(event, ScanError))

    assert (error.kind, error.partial) == ("timeout", "7K3Q")


def test_it_is_not_played_again_and_again(tmp_path: Path) -> None:
    heard = played(tape(tmp_path, sent(0.0, b"KAN-1\r")), further_rescans=20)

    assert [event.text for event in heard if isinstance(event, Scan)] == ["KAN-1"]
    assert len(heard) == 3


def test_one_device_of_several_can_be_played(tmp_path: Path) -> None:
    file = tape(tmp_path, sent(0.0, b"KAN-1\r"), sent(0.01, b"KAN-2\r", "b"))

    assert [event.text for event in played(f"{file}#b") if isinstance(event, Scan)] == ["KAN-2"]
    assert "expected one of a, b" in played(f"{file}#c")[-1].text


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("", "Which recording is to be played?"),
        ("nonesuch.jsonl", "There is no recording nonesuch.jsonl."),
        (str(Path(__file__)), "cannot be played: line 1: not JSON"),
        (str(FIXTURES), "cannot be played: "),
    ],
)
def test_what_cannot_be_played_says_why(device: str, said: str) -> None:
    (told,) = played(device)

    assert said in told.text


def test_an_empty_recording_ends_at_once(tmp_path: Path) -> None:
    assert [event.state for event in played(tape(tmp_path)) if isinstance(event, Status)] == ["ready", "absent"]


def test_watch_plays_a_recording_to_its_end() -> None:
    with Watch(str(FIXTURES / "serial" / "stx-etx.jsonl"), "--driver", "replay") as watch:
        words = [watch.read() for _ in range(4)]
        assert watch.process.wait(60) == 0

    assert words == ["ready", "[)>\x1e06\x1d15K7K3QM9X201CF\x1e\x04", "two\rlines", "absent"]
