"""What systemd is told, and the rounds of the watchdog; with real processes: integration/terminal/test_watchdog.py."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from notify_socket import NotifySocket

from ekanban_cli import notify
from ekanban_cli.watchdog import Watchdog


def test_a_service_that_nobody_watches_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    notify.tell("READY=1")

    assert not notify.is_wanted()


@pytest.mark.parametrize("name", ["{}/socket", "@ekanban{}"])
def test_systemd_is_told_at_a_path_and_at_an_abstract_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with NotifySocket(name.format(tmp_path)) as systemd:
        monkeypatch.setenv("NOTIFY_SOCKET", systemd.address)

        notify.tell("READY=1", "STATUS=two\nlines")

        assert systemd.listen(5) == ["READY=1", "STATUS=two lines"]  # else the second would be an assignment of its own


def test_a_listener_that_is_gone_harms_no_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))

    notify.tell("READY=1")

    assert "could not be told READY=1" in caplog.text


@pytest.mark.parametrize(("micros", "process", "seconds"), [
    ("90000000", "ours", 90.0), ("90000000", None, 90.0), ("90000000", "1", None), ("", None, None),
    ("0", None, None), ("nonsense", None, None),
])  # fmt: skip
def test_the_watchdogs_time_is_meant_for_one_process(
    micros: str, process: str | None, seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", micros)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    if process is not None:
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if process == "ours" else process)

    assert notify.watchdog_s() == seconds


async def alive() -> None:
    """Answer at once."""


async def dead() -> None:
    raise RuntimeError("courier")


def test_what_is_dead_is_named_and_starves_the_watchdog() -> None:
    said: list[str] = []

    fed = asyncio.run(
        Watchdog(lambda: {"journal": alive, "tasks": dead}, str, 60, lambda *lines: said.extend(lines)).round()
    )

    assert not fed
    assert said == ["STATUS=Dead: tasks"]


def test_who_answers_late_is_named_and_then_fed() -> None:
    said: list[str] = []

    async def rounds() -> bool:
        answer = asyncio.Event()

        async def late() -> None:
            await answer.wait()

        def tell(*lines: str) -> None:
            said.extend(lines)
            answer.set()

        return await Watchdog(lambda: {"journal": alive, "scanner hand": late}, str, 0.02, tell).round()

    assert asyncio.run(rounds())
    assert said == ["STATUS=No answer from: scanner hand"]


def test_a_scanner_that_comes_later_is_asked_in_the_next_round() -> None:
    asked: list[str] = []
    proofs = {"journal": alive}

    async def rounds() -> None:
        watchdog = Watchdog(lambda: proofs, str, 60)
        await watchdog.round()

        async def scanner() -> None:
            asked.append("scanner")

        proofs["scanner hand"] = scanner
        await watchdog.round()

    asyncio.run(rounds())
    assert asked == ["scanner"]
