"""Who sends a job, and what becomes of one whose sender is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest
from central_plant import Terminal
from print_shop import PrintShop
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from ekanban_central import print_rows
from ekanban_core.states import PrintState
from ekanban_migrations import upgrade


def claim(shop: PrintShop, worker: str) -> print_rows.Row | None:
    with shop.plant.database.transaction() as connection:
        return print_rows.claim(connection, worker, shop.plant.now)


def test_a_job_whose_sender_died_is_unknown_and_never_sent_again(shop: PrintShop, terminal: Terminal) -> None:
    body = shop.plant.cards[0]
    key = shop.want(body)
    assert claim(shop, "process that dies") is not None

    shop.new_worker().work_off()
    before = shop.job(key).state
    shop.plant.pass_s(print_rows.SILENT_MS / 1000 + 1)
    shop.new_worker().work_off()

    assert (before, shop.job(key).state) == (PrintState.SENDING, PrintState.UNKNOWN)
    assert (shop.engine.sent, shop.papers(key)) == (0, ["unsure"])
    assert shop.scan(terminal, body, 1) == "opened"
    assert "print_job_unknown" in shop.kinds()


def test_a_job_that_waits_outlives_central(shop: PrintShop) -> None:
    key = shop.want(*shop.plant.cards)
    shop.plant.pass_s(86_400)

    shop.new_worker().work_off()

    assert (shop.job(key).state, len(shop.engine.papers)) == (PrintState.DONE, 5)


def test_of_two_processes_one_sends(shop: PrintShop) -> None:
    shop.want(shop.plant.cards[0])
    shop.want(shop.plant.cards[1])

    first, second = claim(shop, "one"), claim(shop, "other")

    assert first is not None
    assert second is None  # a printer has one job at a time


def test_two_printers_work_side_by_side(shop: PrintShop) -> None:
    shop.register(name="Labels")
    shop.want(shop.plant.cards[0], printer="Office")
    shop.want(shop.plant.cards[1], printer="Labels")

    assert {row["printer"] for row in (claim(shop, "one"), claim(shop, "other")) if row} == {"Office", "Labels"}


def test_a_busy_printer_holds_up_no_other(shop: PrintShop) -> None:
    shop.register(name="Labels")
    for body in shop.plant.cards[:2]:
        shop.want(body, printer="Office")
    later = shop.want(shop.plant.cards[2], printer="Labels")
    assert claim(shop, "another process") is not None

    shop.worker.work_off()

    assert shop.job(later).state is PrintState.DONE


def test_the_database_itself_lets_no_second_job_onto_a_printer(shop: PrintShop) -> None:
    first, second = shop.want(shop.plant.cards[0]), shop.want(shop.plant.cards[1])
    with shop.plant.database.transaction() as connection:
        assert print_rows.take(connection, first, "one", shop.plant.now) is not None
        assert print_rows.take(connection, second, "other", shop.plant.now) is None

    assert shop.job(second).state is PrintState.QUEUED


def test_a_sender_that_was_given_up_stops_and_changes_nothing(
    shop: PrintShop, logged: list[MutableMapping[str, Any]]
) -> None:
    first, second, *_ = shop.plant.cards

    def gone(out: int) -> None:
        if out == 1:
            shop.plant.pass_s(print_rows.SILENT_MS / 1000 + 1)
            shop.new_worker()._tidy()

    shop.engine.before = gone
    key = shop.printed(first, second)

    assert shop.job(key).state is PrintState.UNKNOWN
    assert shop.papers(key) == ["out", "unsure"]
    assert "print_job_ended_elsewhere" in [entry["event"] for entry in logged]


def test_a_printer_at_a_terminal_is_left_to_the_terminal(shop: PrintShop, terminal: Terminal) -> None:
    key = shop.want(shop.plant.cards[0])
    shop.plant.change("printer", {"id": shop.office}, terminal_id=terminal.id)
    shop.plant.change("print_job", {"id": key}, terminal_id=terminal.id)

    assert shop.worker.work_off() == 0
    with shop.plant.database.transaction() as connection:
        assert print_rows.take(connection, key, str(terminal.id), shop.plant.now) is not None
    shop.plant.pass_s(86_400)
    shop.worker.work_off()

    assert shop.job(key).state is PrintState.SENDING
    assert shop.job(key).terminal_id == terminal.id


def test_a_printer_that_is_switched_off_is_sent_nothing(shop: PrintShop) -> None:
    key = shop.want(shop.plant.cards[0])
    shop.plant.change("printer", {"id": shop.office}, enabled=False)
    assert shop.worker.work_off() == 0

    shop.plant.change("printer", {"id": shop.office}, enabled=True)
    assert shop.worker.work_off() == 1
    assert shop.job(key).state is PrintState.DONE


def test_paper_that_became_worthless_while_its_job_waited_is_not_printed(shop: PrintShop, terminal: Terminal) -> None:
    replaced, good, retired, last, _ = shop.plant.cards
    key = shop.want(replaced, good, retired, last)
    shop.register(name="Labels")
    shop.plant.change("card", {"body": replaced}, pending_version=3, print_version=3)
    shop.plant.change("card", {"body": retired}, state="retired")
    shop.engine.jams_after = 1

    shop.worker.work_off()

    assert shop.engine.papers == [shop.codes(key)[1]]
    assert (shop.job(key).state, shop.papers(key)) == (PrintState.UNKNOWN, ["missing", "out", "missing", "unsure"])
    assert [shop.card(body)["print_version"] for body in (replaced, good, retired, last)] == [3, 2, 1, 1]


def test_a_job_that_became_worthless_as_a_whole_is_taken_back_with_a_word(shop: PrintShop) -> None:
    body = shop.plant.cards[0]
    key = shop.want(body)
    shop.plant.change("card", {"body": body}, print_version=2)  # paper with this very version exists already

    shop.worker.work_off()

    assert (shop.job(key).state, shop.papers(key), shop.engine.sent) == (PrintState.CANCELLED, ["missing"], 0)
    said = shop.job(key).said
    assert said is not None
    assert said["text"].startswith("While this waited")


@pytest.mark.more
def test_a_database_that_fails_at_the_begin_of_a_job_leaves_nothing_in_doubt(
    shop: PrintShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = shop.want(shop.plant.cards[0])
    monkeypatch.setattr(print_rows, "leave_out_worthless", fails_once(print_rows.leave_out_worthless))

    shop.worker.work_off()

    assert (shop.job(key).state, shop.papers(key), shop.engine.sent) == (PrintState.FAILED, ["missing"], 0)


@pytest.mark.more
def test_a_sender_that_broke_gets_no_signs_of_life_from_its_process(shop: PrintShop) -> None:
    broken = shop.want(shop.plant.cards[0], printer="Office")
    labels = shop.register(name="Labels")
    slow = shop.want(shop.plant.cards[1], printer="Labels")
    worker = shop.worker.name

    with shop.plant.database.transaction() as connection:
        for key in (broken, slow):  # the first one's thread ends by an error that nobody has foreseen
            assert print_rows.take(connection, key, worker, shop.plant.now) is not None
        shop.plant.pass_s(print_rows.SILENT_MS / 1000 + 1)
        print_rows.alive(connection, worker, [labels], shop.plant.now)
    shop.new_worker()._tidy()

    assert (shop.job(broken).state, shop.job(slow).state) == (PrintState.UNKNOWN, PrintState.SENDING)


def fails_once(works: Callable[..., Any]) -> Callable[..., Any]:
    failed: list[bool] = []

    def act(*given: Any) -> Any:
        if not failed:
            failed.append(True)
            raise OperationalError("select", {}, Exception("gone"))
        return works(*given)

    return act


def test_cards_that_cannot_be_drawn_any_more_are_said_to_be_so(shop: PrintShop) -> None:
    key = shop.want(shop.plant.cards[0])

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    shop.engine.batches = broken  # type: ignore[method-assign]  # breaks after the job was made
    shop.worker.work_off()

    assert (shop.job(key).state, shop.papers(key)) == (PrintState.FAILED, ["missing"])
    assert shop.card(shop.plant.cards[0])["print_version"] == 1


@pytest.mark.parametrize(
    ("is_silent", "state", "first"), [(True, PrintState.UNKNOWN, "unsure"), (False, PrintState.FAILED, "out")]
)
def test_cards_that_break_in_the_middle_leave_to_people_what_the_printer_has_not_told(
    shop: PrintShop, is_silent: bool, state: PrintState, first: str
) -> None:
    draw = shop.engine.batches

    def breaks(*given: Any) -> Any:
        yield next(draw(*given))
        raise ZeroDivisionError

    shop.engine.batches = breaks  # type: ignore[method-assign]  # breaks behind its first card
    shop.engine.is_silent = is_silent
    key = shop.printed(*shop.plant.cards[:3])

    assert (shop.job(key).state, shop.papers(key)) == (state, [first, "missing", "missing"])


def test_a_running_central_sends_by_itself_and_ends_between_two_cards(shop: PrintShop) -> None:
    paper, go_on = threading.Event(), threading.Event()

    def wait(out: int) -> None:
        if out == 2:
            paper.set()
            assert go_on.wait(60)

    shop.engine.before = wait
    shop.worker.start()
    try:
        key = shop.want(*shop.plant.cards)
        assert paper.wait(60)
        threading.Timer(0.05, go_on.set).start()
    finally:
        shop.worker.stop()

    assert (shop.job(key).state, shop.job(key).printed) == (PrintState.FAILED, 2)
    assert shop.papers(key) == ["out", "out", "missing", "missing", "missing"]


def test_a_printer_that_says_nothing_for_long_is_waited_for(shop: PrintShop) -> None:
    paper, go_on = threading.Event(), threading.Event()

    def wait(out: int) -> None:
        paper.set()
        assert go_on.wait(60)

    shop.engine.before = wait
    shop.worker.start()
    try:
        key = shop.want(shop.plant.cards[0])
        assert paper.wait(60)
        shop.plant.pass_s(print_rows.SILENT_MS / 1000 + 1)  # this machine has slept
        shop.worker._tidy()
        shop.new_worker()._tidy()
        state = shop.job(key).state
    finally:
        go_on.set()
        shop.worker.stop()

    assert state is PrintState.SENDING


def test_a_newer_releases_database_is_left_alone(shop: PrintShop) -> None:
    key = shop.want(shop.plant.cards[0])
    with shop.plant.database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    try:
        assert shop.worker.work_off() == 0
    finally:
        with shop.plant.database.transaction() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{upgrade.central_head()}'"))  # noqa: S608  # our own
    assert shop.job(key).state is PrintState.QUEUED


def test_signs_of_life_keep_a_slow_job(shop: PrintShop) -> None:
    def slow(out: int) -> None:
        shop.plant.pass_s(print_rows.SILENT_MS / 1000 - 1)
        shop.new_worker()._tidy()

    shop.engine.before = slow
    key = shop.printed(*shop.plant.cards)

    assert shop.job(key).state is PrintState.DONE


@pytest.mark.parametrize("way", ["jams_after", "loses_power_after"])
def test_nothing_is_sent_a_second_time_by_itself(shop: PrintShop, way: str) -> None:
    setattr(shop.engine, way, 0)
    shop.printed(shop.plant.cards[0])
    setattr(shop.engine, way, None)

    for _ in range(3):
        shop.plant.pass_s(3600)
        shop.new_worker().work_off()

    assert shop.engine.sent == 1
