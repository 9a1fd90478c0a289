"""`ekanban scanners record`: what it refuses, and how it ends."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from ekanban_cli.main import app

FIXTURE = Path(__file__).parents[2] / "fixtures" / "scanners" / "serial" / "not-text.jsonl"


def record(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["scanners", "record", *map(str, arguments)])


def test_a_recording_is_not_written_over_unless_that_is_said_and_something_is_there_to_record(tmp_path: Path) -> None:
    file = tmp_path / "gate.jsonl"
    file.write_text("precious")

    refused = record(file, "/dev/ttyNONE")
    unreadable = record(file, "--force", "--driver", "stdin")
    kept = file.read_text()
    played = record(file, "--force", tmp_path / "played.jsonl", "--driver", "replay")

    assert (refused.exit_code, "is there already; --force writes over it" in refused.stderr) == (1, True)
    assert (unreadable.exit_code, "lets nobody listen" in unreadable.stderr) == (1, True)
    assert kept == file.read_text() == "precious"
    assert "There is no recording" in played.stdout


def test_recording_ends_with_one_where_the_disk_is_full() -> None:
    done = record(Path("/dev/full"), "--force", FIXTURE, "--driver", "replay")

    assert (done.exit_code, "No space left" in done.stderr) == (1, True)
