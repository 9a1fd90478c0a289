"""Passwords, away from the event loop; wrong tries, counted by name."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ekanban_central import passwords
from ekanban_central.access import local_path
from ekanban_central.problems import Problem
from ekanban_central.throttle import MINUTES, TRIES, Throttle


def test_a_password_is_hashed_as_the_rfc_recommends() -> None:
    stored = passwords.hash_now("correct horse battery")

    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.check_now(stored, "correct horse battery")
    assert not passwords.check_now(stored, "correct horse batterz")


def test_a_damaged_hash_is_nobodys_password() -> None:
    assert not passwords.check_now("x", "x")
    assert not passwords.check_now("", "")


def test_hashing_stops_neither_the_event_loop_nor_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    release, threads = threading.Event(), set()

    def slow(password: str) -> str:
        threads.add(threading.current_thread().name)
        release.wait(30)
        return password

    monkeypatch.setattr(passwords, "hash_now", slow)

    async def day() -> list[str]:
        tasks = [asyncio.create_task(passwords.hash_password(str(number))) for number in range(6)]
        others = await asyncio.gather(*(asyncio.to_thread(lambda: "scan") for _ in range(20)))
        release.set()
        return others + await asyncio.gather(*tasks)

    done = asyncio.run(day())

    assert done == ["scan"] * 20 + [str(number) for number in range(6)]
    assert len(threads) <= 2


def test_a_flood_of_sign_ins_is_turned_away_not_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(passwords, "check_now", lambda _stored, _password: release.wait(30))

    async def flood() -> list[bool | BaseException]:
        tasks = [asyncio.create_task(passwords.check_password(None, "x")) for _ in range(passwords.MOST_WAITING + 5)]
        done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        assert len(done) == 5
        release.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    answers = asyncio.run(flood())

    assert sum(isinstance(answer, Problem) and answer.status == 503 for answer in answers) == 5
    assert sum(answer is True for answer in answers) == passwords.MOST_WAITING


def test_tries_are_counted_for_each_name() -> None:
    throttle = Throttle()

    assert [throttle.take("kim") for _ in range(TRIES + 2)] == [True] * TRIES + [False] * 2
    assert throttle.take("lee")
    assert throttle.minutes_left("kim") == 15


def test_forgotten_tries_begin_anew() -> None:
    throttle = Throttle()
    for _ in range(TRIES):
        throttle.take("kim")

    throttle.forget("kim")

    assert throttle.take("kim")


def test_a_try_comes_back_after_a_quarter_of_an_hour_and_no_name_is_kept_for_longer() -> None:
    now = 0.0
    throttle = Throttle(lambda: now)
    assert all(throttle.take("kim") for _ in range(TRIES))
    throttle.take("lee")

    now = MINUTES * 60 - 1
    assert not throttle.take("kim")
    assert throttle.minutes_left("kim") == 1
    now = MINUTES * 60
    assert throttle.take("kim")
    now = 3 * MINUTES * 60
    assert throttle.take("max")
    assert len(throttle._tries) == 1


@pytest.mark.parametrize("name", ["", "x" * 10_000, "\ud800", "a\x00b"])
def test_any_name_is_counted(name: str) -> None:
    throttle = Throttle()

    assert throttle.take(name)
    throttle.forget(name)


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/signals?state=open&x=%20", "/signals?state=open&x=%20"),
        ("/", "/"),
        ("", "/"),
        ("signals", "/"),
        ("//evil", "/"),
        ("/\\evil", "/"),
        ("\\\\evil", "/"),
        ("https://evil", "/"),
        ("/a\nb", "/"),
        ("/\t/evil", "/"),
        ("/a\u2028b", "/"),
    ],
)
def test_only_paths_of_our_own_lead_on(wanted: str, led_to: str) -> None:
    assert local_path(wanted) == led_to
