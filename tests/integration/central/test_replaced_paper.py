"""From which moment an old print is worthless, and that nobody is left without a card before."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from central_plant import Terminal
from print_shop import ERIKA, PrintShop

from ekanban_central import print_again, print_jobs, print_rows, printers
from ekanban_central.master import change_loop
from ekanban_central.print_wish import NoSuchCards, NoSuchJob, NotNow
from ekanban_core.card_code import CardCode
from ekanban_core.states import PrintReason, PrintState


def test_the_old_print_is_worthless_as_soon_as_the_new_one_is_out(shop: PrintShop, terminal: Terminal) -> None:
    body = shop.plant.cards[0]

    key = shop.want(body)
    before = shop.scan(terminal, body, 1, "lookup")
    shop.worker.work_off()
    after = shop.scan(terminal, body, 1, "empty")

    assert (before, after) == ("shown", "superseded_print")
    assert shop.job(key).state is PrintState.DONE
    assert (shop.card(body)["print_version"], shop.card(body)["pending_version"]) == (2, 2)


def test_both_prints_are_valid_while_the_job_waits(shop: PrintShop, terminal: Terminal) -> None:
    body = shop.plant.cards[0]
    shop.want(body)

    assert shop.scan(terminal, body, 1, "empty") == "opened"
    assert shop.card(body)["print_version"] == 1


def test_of_a_job_under_way_what_is_out_counts_at_once(shop: PrintShop, terminal: Terminal) -> None:
    first, second, *_ = shop.plant.cards
    seen = []
    shop.engine.before = lambda out: seen.append(
        (shop.card(first)["print_version"], shop.card(second)["print_version"])
    )

    shop.printed(first, second)

    assert seen == [(1, 1), (2, 1)]


def test_a_jammed_printer_leaves_nobody_without_a_card(shop: PrintShop, terminal: Terminal) -> None:
    first, second, third, *_ = shop.plant.cards
    shop.engine.jams_after = 1

    key = shop.printed(first, second, third)

    job = shop.job(key)
    assert (job.state, job.printed) == (PrintState.UNKNOWN, 1)
    assert job.said == {"text": "Paper is stuck in {printer}.", "facts": {"printer": "Office"}}
    assert shop.papers(key) == ["out", "unsure", "missing"]
    assert shop.scan(terminal, first, 1) == "superseded_print"
    assert [shop.scan(terminal, body, 1) for body in (second, third)] == ["opened", "opened"]


def test_the_first_scan_of_new_paper_tells_that_it_is_out(shop: PrintShop, terminal: Terminal) -> None:
    first, second, *_ = shop.plant.cards
    shop.engine.is_silent = True
    key = shop.printed(first, second)

    assert (shop.job(key).state, shop.papers(key)) == (PrintState.ACCEPTED, ["unsure", "unsure"])
    assert shop.scan(terminal, first, 2) == "opened"
    assert shop.papers(key) == ["out", "unsure"]
    assert shop.scan(terminal, second, 2) == "opened"
    shop.worker.work_off()

    assert (shop.job(key).state, shop.job(key).printed) == (PrintState.DONE, 2)
    assert shop.scan(terminal, first, 1) == "superseded_print"


@pytest.mark.more
def test_paper_in_doubt_that_a_newer_print_has_overtaken_is_not_said_to_be_out(shop: PrintShop) -> None:
    first, second, *_ = shop.plant.cards
    shop.engine.is_silent = True
    key = shop.printed(first, second)
    shop.engine.is_silent = False

    shop.printed(first)
    shop.worker.work_off()
    half = (shop.job(key).state, shop.papers(key))
    shop.printed(second)
    shop.worker.work_off()

    assert half == (PrintState.ACCEPTED, ["missing", "unsure"])
    assert (shop.job(key).state, shop.papers(key), shop.job(key).printed) == (PrintState.DONE, ["missing"] * 2, 0)


def test_an_operator_says_by_a_key_what_came_out(shop: PrintShop, terminal: Terminal) -> None:
    first, second, third, *_ = shop.plant.cards
    shop.engine.jams_after = 0
    key = shop.printed(first, second, third)

    print_jobs.confirm(shop.printing, shop.plant.site_id, ERIKA, key, 1, 1)

    assert (shop.job(key).state, shop.papers(key)) == (PrintState.DONE, ["out", "missing", "missing"])
    assert shop.scan(terminal, first, 1) == "superseded_print"
    assert shop.scan(terminal, second, 1) == "opened"
    entry = [row for row in shop.plant.rows("ledger") if row["kind"] == "paper_out"][-1]
    assert (entry["actor"], entry["data"]["places"]) == (str(ERIKA), [1])


@pytest.mark.more
def test_paper_that_turns_up_behind_the_printer_counts_though_its_job_is_done(shop: PrintShop) -> None:
    shop.engine.jams_after = 0
    key = shop.printed(*shop.plant.cards[:2])
    print_jobs.confirm(shop.printing, shop.plant.site_id, ERIKA, key, 1, 1)
    assert (shop.job(key).state, shop.papers(key)) == (PrintState.DONE, ["out", "missing"])

    print_jobs.confirm(shop.printing, shop.plant.site_id, ERIKA, key, 2, 2)

    assert (shop.papers(key), shop.job(key).printed) == (["out", "out"], 2)
    assert shop.card(shop.plant.cards[1])["print_version"] == 2


@pytest.mark.more
def test_a_job_that_had_failed_is_done_when_all_its_paper_was_seen(shop: PrintShop) -> None:
    shop.engine.loses_power_after = 1
    key = shop.printed(*shop.plant.cards[:2])
    assert (shop.job(key).state, shop.papers(key)) == (PrintState.FAILED, ["out", "missing"])

    print_jobs.confirm(shop.printing, shop.plant.site_id, ERIKA, key, 2, 2)

    assert (shop.job(key).state, shop.job(key).said) == (PrintState.DONE, None)


@pytest.mark.more
def test_a_job_goes_to_paper_as_it_was_wanted_and_again_from_a_whole_sheet(shop: PrintShop) -> None:
    shop.plant.change("printer", {"id": shop.office}, sheet="a4-a7")
    key = shop.printed(*shop.plant.cards[:2], layout="a6", skip=3, duplex=True)
    shop.plant.change("printer", {"id": shop.office}, sheet="")

    print_again.again(shop.printing, shop.plant.site_id, ERIKA, key, {1, 2})
    shop.worker.work_off()

    plans = [(plan.layout, plan.sheet, plan.skip, plan.duplex) for plan in shop.engine.plans]
    assert plans == [("a6", "a4-a7", 3, True), ("a6", "a4-a7", 0, True)]


def test_a_range_is_printed_again_as_new_prints(shop: PrintShop, terminal: Terminal) -> None:
    first, second, third, *_ = shop.plant.cards
    shop.engine.jams_after = 1
    key = shop.printed(first, second, third)
    shop.engine.jams_after = None

    again = print_again.again(shop.printing, shop.plant.site_id, ERIKA, key, range(2, 4))
    shop.worker.work_off()

    assert (shop.job(key).state, shop.papers(key)) == (PrintState.DONE, ["out", "missing", "missing"])
    assert (shop.job(again).state, shop.job(again).repeats) == (PrintState.DONE, key)
    assert not set(shop.codes(key)) & set(shop.codes(again))
    assert [shop.card(body)["print_version"] for body in (first, second, third)] == [2, 3, 3]
    assert shop.scan(terminal, second, 2) == "superseded_print"
    assert len(shop.engine.papers) == len(set(shop.engine.papers)) == 3


def test_only_what_is_selected_is_printed_again(shop: PrintShop) -> None:
    shop.engine.is_silent = True
    key = shop.printed(*shop.plant.cards[:4])

    print_again.again(shop.printing, shop.plant.site_id, ERIKA, key, {1, 4})

    assert shop.papers(key) == ["missing", "unsure", "unsure", "missing"]


def test_two_people_at_one_job_print_its_range_again_once(shop: PrintShop) -> None:
    shop.engine.jams_after = 0
    key = shop.printed(*shop.plant.cards[:3])
    shop.engine.jams_after = None

    def person(places: range) -> object:
        try:
            return print_again.again(shop.printing, shop.plant.site_id, ERIKA, key, places)
        except NotNow as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        told = [each.result() for each in [pool.submit(person, range(1, 3)), pool.submit(person, range(2, 4))]]

    refused = [one for one in told if isinstance(one, NotNow)]
    assert [str(one) for one in refused] == ["Of these cards some are being printed again already, on Office."]
    shop.worker.work_off()
    assert len(shop.engine.papers) == 2
    assert not isinstance(person(range(1, 4)), NotNow)  # they are out by now


def test_who_comes_late_does_not_print_again_what_somebody_has_printed_again(shop: PrintShop) -> None:
    shop.engine.loses_power_after = 1
    key = shop.printed(*shop.plant.cards[:3])
    shop.engine.loses_power_after = None
    request = uuid4()

    def missing_again(request_id: UUID) -> UUID:
        return print_again.again(shop.printing, shop.plant.site_id, ERIKA, key, request_id=request_id)

    job = missing_again(request)
    shop.worker.work_off()

    assert missing_again(request) == job  # a double click
    with pytest.raises(NoSuchCards, match="Nothing of this job is missing any more"):
        missing_again(uuid4())
    assert (shop.job(job).total, len(shop.engine.papers)) == (2, 3)


def test_on_another_printer_its_own_forms_hold(shop: PrintShop) -> None:
    key = shop.printed(shop.plant.cards[0], layout="a6", sheet="a4-a7", duplex=True)
    shop.register(name="Labels", layout="a7")

    def again(printer: str) -> print_rows.Job:
        job = print_again.again(shop.printing, shop.plant.site_id, ERIKA, key, {1}, printer, uuid4())
        shop.worker.work_off()
        return shop.job(job)

    here, there = again("Office"), again("Labels")

    assert (here.layout, here.sheet, here.duplex) == ("a6", "a4-a7", True)
    assert (there.layout, there.sheet, there.duplex) == ("a7", "", False)


def test_a_printer_with_a_new_name_prints_a_range_again(shop: PrintShop) -> None:
    key = shop.printed(shop.plant.cards[0])
    shop.plant.change("printer", {"id": shop.office}, name="Gate 3")
    shop.register(name="Office")

    again = print_again.again(shop.printing, shop.plant.site_id, ERIKA, key, {1})

    assert (shop.job(again).printer_id, shop.job(again).printer) == (shop.office, "Gate 3")


def test_a_lost_card_is_in_use_again_by_its_new_paper(shop: PrintShop, terminal: Terminal) -> None:
    body = shop.plant.cards[0]
    shop.plant.change("card", {"body": body}, state="lost")

    shop.printed(body, reason=PrintReason.LOST)

    assert shop.card(body)["state"] == "active"
    assert shop.scan(terminal, body, 1) == "superseded_print"
    assert shop.scan(terminal, body, 2) == "opened"


@pytest.mark.parametrize("state", [PrintState.QUEUED, PrintState.SENDING])
def test_nobody_can_say_what_came_out_of_a_job_that_is_not_sent(shop: PrintShop, state: PrintState) -> None:
    key = shop.want(shop.plant.cards[0])
    shop.plant.change("print_job", {"id": key}, state=state)

    with pytest.raises(print_jobs.NotNow):
        print_jobs.confirm(shop.printing, shop.plant.site_id, ERIKA, key, 1, 1)

    assert shop.card(shop.plant.cards[0])["print_version"] == 1


def test_a_job_that_is_taken_back_prints_nothing(shop: PrintShop, terminal: Terminal) -> None:
    body = shop.plant.cards[0]
    key = shop.want(body)

    print_jobs.cancel(shop.printing, shop.plant.site_id, ERIKA, key)
    shop.worker.work_off()

    assert (shop.job(key).state, shop.papers(key), shop.engine.sent) == (PrintState.CANCELLED, ["missing"], 0)
    assert shop.scan(terminal, body, 1) == "opened"


@pytest.mark.more
def test_only_a_job_that_waits_is_taken_back(shop: PrintShop) -> None:
    key = shop.want(shop.plant.cards[0])
    for state in set(PrintState) - {PrintState.QUEUED}:
        shop.plant.change("print_job", {"id": key}, state=state)

        with pytest.raises(NotNow):
            print_jobs.cancel(shop.printing, shop.plant.site_id, ERIKA, key)

        assert (shop.job(key).state, shop.papers(key)) == (state, ["waiting"])


@pytest.mark.more
def test_paper_that_two_people_have_seen_is_out_once(shop: PrintShop) -> None:
    shop.engine.is_silent = True
    key = shop.printed(*shop.plant.cards[:3])

    for first, last in ((1, 2), (2, 3), (1, 3)):
        print_jobs.confirm(shop.printing, shop.plant.site_id, ERIKA, key, first, last)

    seen = [row["data"]["places"] for row in shop.plant.rows("ledger") if row["kind"] == "paper_out"]
    assert seen == [[1, 2], [3]]
    assert (shop.job(key).state, shop.job(key).printed) == (PrintState.DONE, 3)


def test_another_plants_people_do_nothing_with_a_job(shop: PrintShop) -> None:
    key, other = shop.want(shop.plant.cards[0]), shop.plant.site_id + 1
    acts: list[Callable[[], object]] = [
        lambda: print_jobs.cancel(shop.printing, other, ERIKA, key),
        lambda: print_jobs.confirm(shop.printing, other, ERIKA, key, 1, 1),
        lambda: print_again.again(shop.printing, other, ERIKA, key),
    ]

    for state in (PrintState.QUEUED, PrintState.UNKNOWN):
        shop.plant.change("print_job", {"id": key}, state=state)
        for act in acts:
            with pytest.raises(NoSuchJob):
                act()
    with shop.plant.database.reading() as connection:
        assert print_rows.listed(connection, other) == []
        assert printers.named(connection, other, str(shop.office)) is None
        assert printers.named(connection, other, "Office") is None


@pytest.mark.more
def test_a_card_that_is_retired_is_left_out_of_a_range_that_is_printed_again(shop: PrintShop) -> None:
    shop.engine.jams_after = 0
    key = shop.printed(*shop.plant.cards[:2])
    shop.plant.change("card", {"body": shop.plant.cards[0]}, state="retired")

    again = print_again.again(shop.printing, shop.plant.site_id, ERIKA, key)
    shop.plant.change("card", {"body": shop.plant.cards[1]}, state="retired")

    assert shop.codes(again) == [CardCode(shop.plant.cards[1], 3).shown]
    with pytest.raises(NoSuchCards, match="Nothing of this job is missing any more"):
        print_again.again(shop.printing, shop.plant.site_id, ERIKA, key, request_id=uuid4())
    with pytest.raises(NoSuchCards, match="still in use"):
        print_again.again(shop.printing, shop.plant.site_id, ERIKA, key, {1, 2}, request_id=uuid4())


def test_another_quantity_makes_a_print_stale_that_still_waits(shop: PrintShop, terminal: Terminal) -> None:
    body = shop.plant.cards[0]
    shop.want(body)
    with shop.plant.database.transaction() as connection:
        shop.plant.desk.connection = connection
        change_loop(shop.plant.desk, shop.plant.loop_id, {"quantity": 60})
    shop.worker.work_off()

    assert shop.engine.drawn[-1].face.quantity == "50"
    assert shop.scan(terminal, body, 2) == "stale_print"
    shop.printed(body, reason=PrintReason.STALE)
    assert shop.engine.drawn[-1].face.quantity == "60"
    assert shop.scan(terminal, body, 3, "lookup") == "shown"
