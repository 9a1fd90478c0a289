"""`ekanban scanners`, as a person and a script use it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from pty_scanner import PtyScanner
from watching import EKANBAN, Watch

FIXTURES = Path(__file__).parents[2] / "fixtures" / "scanners"
RECORDING = FIXTURES / "wedge-us" / "unplugged.jsonl"


def ekanban(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EKANBAN, "scanners", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["list", "watch", "record", "replay"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = ekanban(command, "--help")

    assert done.returncode == 0
    assert f"ekanban scanners {command}" in done.stdout.split("Example")[1]


def test_replay_prints_the_contracts_objects_a_line_each() -> None:
    done = ekanban("replay", RECORDING, "--json")

    assert done.returncode == 0
    assert done.stdout == RECORDING.with_suffix(".expected").read_text()


def test_replay_says_it_in_words_too() -> None:
    done = ekanban("replay", "-", stdin=RECORDING.read_text())

    error, scan = done.stdout.splitlines()
    assert (done.returncode, scan) == (0, "a: 7K3QM9X201CF")
    assert error.startswith("a: disconnect: The scanner went away in the middle of a code (7K3QM).")


def test_what_a_terminal_would_obey_is_spelt_out() -> None:
    head = {"driver": "serial", "profile": {}, "devices": {}}
    line = {"t": 0, "dev": "a", "bytes": b"\x1b[2J\x9b1m\r".hex()}

    done = ekanban("replay", "-", stdin=f"{json.dumps(head)}\n{json.dumps(line)}\n")

    assert done.stdout == "a: \\x1b[2J\\x9b1m\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: driver: expected one of evdev"),
        (b"{", "line 1: not JSON"),
        (b"\xff", "can't decode byte"),
        (b'{"driver": "evdev", "profile": {"layuot": "us"}}', "did you mean layout?"),
    ],
)
def test_a_broken_recording_ends_with_one_and_says_where(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "broken.jsonl"
    file.write_bytes(content)

    done = ekanban("replay", file)

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recording_that_is_not_there_ends_with_one_and_a_wrong_call_with_two(tmp_path: Path) -> None:
    assert ekanban("replay", tmp_path / "nonesuch").returncode == 1
    assert ekanban("replay").returncode == 2
    assert ekanban("watch").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sn:NONE"], "`ekanban scanners list` shows what is"),
        (["-", "--profile", "nonesuch"], "expected a file, or one of datalogic-serial, "),
        (["-", "--driver", "nonesuch"], "expected one of evdev, hidpos, replay"),
    ],
)
def test_watch_says_what_is_wrong_and_ends_with_one(arguments: list[str], said: str) -> None:
    done = ekanban("watch", *arguments)

    assert done.returncode == 1
    assert said in done.stderr


def test_watch_reads_a_pipe_to_its_end() -> None:
    done = ekanban("watch", "-", "--json", stdin="]C07K3QM9X201CF\nKAN")

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [line.get("scan") or line.get("error") or line["state"] for line in lines] == [
        "ready", "7K3QM9X201CF", "disconnect", "absent",
    ]  # fmt: skip


def test_watch_ends_after_so_many_codes(tmp_path: Path) -> None:
    with (
        PtyScanner(tmp_path / "scanner") as scanner,
        Watch(str(scanner.path), "--count", "2", "--profile", "serial") as watch,
    ):
        assert watch.read() == "ready"
        scanner.send(b"KAN-1\r\nKAN-2\r\n")
        assert [watch.read(), watch.read()] == ["KAN-1", "KAN-2"]
        assert watch.process.wait(timeout=20) == 0


def test_list_is_json_for_scripts() -> None:
    done = ekanban("list", "--json")

    assert done.returncode == 0
    assert isinstance(json.loads(done.stdout), list)
