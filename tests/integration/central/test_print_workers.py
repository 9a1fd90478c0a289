"""The worker of a process: how many printers at once, in which order, and what becomes of jobs when it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from print_shop import PrintShop

from ekanban_central import print_worker
from ekanban_core.states import PrintState


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: these are the process's own matters."""
    return f"sqlite:///{tmp_path / 'central.db'}"


@pytest.fixture
def jobs(shop: PrintShop) -> list[UUID]:
    """One of each of three printers."""
    for name in ("Labels", "Spare"):
        shop.register(name=name)
    made = []
    for body, name in zip(shop.plant.cards[:3], ("Office", "Labels", "Spare"), strict=True):
        shop.plant.pass_s(1)
        made.append(shop.want(body, printer=name))
    return made


class Hands:
    """They hold every printer before its first card, until `let_go`."""

    def __init__(self, shop: PrintShop) -> None:
        self.held = threading.Semaphore(0)
        self.let_go = threading.Event()
        shop.engine.before = self._before

    def _before(self, out: int) -> None:
        self.held.release()
        assert self.let_go.wait(60)


class Look(threading.Event):
    """It tells when the worker waits for its next look."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.set()
        return super().wait(timeout)


@pytest.fixture
def hands(shop: PrintShop) -> Iterator[Hands]:
    hands = Hands(shop)
    yield hands
    hands.let_go.set()
    shop.worker.stop()


def states(shop: PrintShop, jobs: list[UUID]) -> list[PrintState]:
    return [shop.job(key).state for key in jobs]


def test_so_many_printers_work_at_once_and_the_next_one_when_a_hand_is_free(
    shop: PrintShop, jobs: list[UUID], hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(print_worker, "AT_ONCE", 2)
    shop.worker._once()
    assert all(hands.held.acquire(timeout=60) for _ in range(2))
    shop.worker._once()
    at_once = states(shop, jobs)

    monkeypatch.setattr(print_worker, "LOOK_S", 60.0)
    shop.worker._look = looks = Look()
    shop.worker.start()
    assert looks.waits.wait(60)
    hands.let_go.set()

    assert hands.held.acquire(timeout=30)  # at once, and not at the next look
    assert at_once == [PrintState.SENDING, PrintState.SENDING, PrintState.QUEUED]


def test_a_plant_of_sixteen_printers_waits_for_none_of_them() -> None:
    assert print_worker.AT_ONCE == 16


def test_a_printers_jobs_come_in_the_order_in_which_they_were_wanted(shop: PrintShop) -> None:
    for body in shop.plant.cards:
        shop.want(body)
        shop.plant.pass_s(1)

    shop.worker.work_off()

    assert [code.replace("-", "")[:8] for code in shop.engine.papers] == shop.plant.cards


def test_a_job_that_is_claimed_while_central_ends_waits_for_its_next_start(shop: PrintShop) -> None:
    key = shop.want(shop.plant.cards[0])
    claim, claimed, ends = shop.worker._claim, threading.Event(), threading.Event()

    def claims() -> Any:
        job = claim()
        claimed.set()
        assert ends.wait(60)
        return job

    class Watched(threading.Thread):
        def join(self, timeout: float | None = None) -> None:
            ends.set()
            super().join(timeout)

    shop.worker._claim = claims  # type: ignore[method-assign]  # central ends between the claim and the first card
    shop.worker._watch = Watched(target=shop.worker._run, daemon=True)
    shop.worker._watch.start()
    assert claimed.wait(60)
    shop.worker.stop()

    assert (shop.job(key).state, shop.engine.sent) == (PrintState.QUEUED, 0)
    assert (shop.new_worker().work_off(), shop.job(key).state) == (1, PrintState.DONE)


def test_a_machine_without_a_free_thread_prints_as_soon_as_it_has_one(
    shop: PrintShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = shop.want(shop.plant.cards[0])

    def refuses(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refuses)
        with pytest.raises(RuntimeError):
            shop.worker._once()
    waits = shop.job(key).state
    shop.worker._once()
    for sender, _stop in list(shop.worker._busy.values()):
        sender.join(60)

    assert (waits, shop.job(key).state, shop.engine.sent) == (PrintState.QUEUED, PrintState.DONE, 1)
