"""Bins without a card: reported by terminals, confirmed by a supervisor, ordered once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from printing_terminal import BOOTED_MS, PrintingTerminal
from security_world import DAY, MINUTE, World
from sqlalchemy import update

from ekanban_central.changes import Writer
from ekanban_central.ledger import SYSTEM, Entry
from ekanban_central.loading import CARD, load
from ekanban_central.replay import replay_site
from ekanban_central.tables import Site
from ekanban_core.card_code import CardCode
from ekanban_core.states import MissingAnswer, Outcome, Role


@pytest.fixture
def terminal(world: World) -> PrintingTerminal:
    return PrintingTerminal.enrolled(world)


@pytest.fixture
def boss(world: World) -> TestClient:
    return world.script(Role.SUPERVISOR)


def waiting(boss: TestClient, kind: str = "card_missing") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = boss.get("/api/v1/reviews", params={"kind": kind}).json()["items"]
    return found


def decide(boss: TestClient, review: dict[str, Any], decision: str, expected: int = 200) -> dict[str, Any]:
    answer = boss.post(f"/api/v1/reviews/{review['id']}/decide", json={"decision": decision})
    assert answer.status_code == expected, answer.text
    return dict(answer.json())


def signals(boss: TestClient) -> list[str]:
    """All signals there ever were, by id."""
    return [
        one["id"]
        for state in ("open", "closed")
        for one in boss.get("/api/v1/signals", params={"state": state}).json()["items"]
    ]


def card(world: World, body: str) -> Any:
    with world.central.database.reading() as connection:
        return load(connection, [body], lock=False)[body]


def another_plant(world: World) -> None:
    with world.central.database.session() as session:
        session.merge(Site(id=2, code="other", name="Plant 2"))


def minutes(world: World, number: float) -> None:
    world.clock.now_ms += int(number * MINUTE)


@pytest.mark.more
def test_a_report_orders_nothing_and_lies_before_a_supervisor_with_all_that_is_known(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    terminal.scan(cards[1], intent="lookup")
    reported_ms = world.clock.now_ms
    report = terminal.missing(cards[0], print_version=3, operator="Ann")
    minutes(world, 5)

    (result,) = terminal.told(terminal.aged(report))

    assert (result.answer, result.reason) == (MissingAnswer.REPORTED, "missing_reported")
    assert signals(boss) == []
    (review,) = waiting(boss)
    assert (review["terminal"], review["scan"], review["choices"]) == ("Line 4", report["id"], ["order", "nothing"])
    assert review["card"].replace("-", "").startswith(cards[0])
    facts = review["facts"]
    assert (facts["version"], facts["operator"], facts["reported_at"]) == (3, "Ann", report["reported_at"])
    assert facts["destination"] == card(world, cards[0]).loop.destination
    assert abs(facts["earliest_ms"] - reported_ms) < 1_000
    assert abs(facts["latest_ms"] - reported_ms) < 1_000


def test_the_supervisors_order_bears_the_reports_id_and_time_and_the_new_paper_opens_no_second_one(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    terminal.ask(cards[0])
    report = terminal.missing(cards[0])
    reported_ms = world.clock.now_ms
    minutes(world, 30)
    terminal.told(terminal.aged(report))
    minutes(world, 10)

    decide(boss, waiting(boss)[0], "order")

    assert signals(boss) == [report["id"]]
    opened = card(world, cards[0]).signal
    assert opened.opened.latest_ms <= reported_ms + 1_000
    assert opened.released.latest_ms == world.clock.now_ms
    terminal.report(terminal.print_of(cards[0], 2))
    minutes(world, 1)
    scanned = terminal.scan(cards[0], 2)
    assert (scanned.outcome, scanned.signal and scanned.signal.id) == (Outcome.ALREADY_OPEN, report["id"])
    assert waiting(boss) == []
    minutes(world, 5)
    assert terminal.scan(cards[0], 2, "receive").outcome is Outcome.RECEIVED


@pytest.mark.more
def test_lists_say_which_terminal_told_of_the_bin(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    terminal.told(terminal.missing(cards[0]))
    decide(boss, waiting(boss)[0], "order")
    terminal.scan(cards[1])

    def seen(path: str, **asked: str) -> list[tuple[str, str]]:
        items = boss.get(path, params=asked).json()["items"]
        return sorted((CardCode.parse(one["card"]).body, one["terminal"]) for one in items)

    told = sorted([(cards[0], "Line 4"), (cards[1], "Line 4")])
    assert seen("/api/v1/signals", state="open") == told
    for signal in signals(boss):
        assert boss.post(f"/api/v1/signals/{signal}/receive").is_success
    assert seen("/api/v1/signals", state="closed") == told


@pytest.mark.more
def test_a_report_that_comes_again_raises_nothing_again(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    report = terminal.missing(cards[0])
    (first,) = terminal.told(report)
    kinds = world.ledger_kinds()
    minutes(world, 60)

    again, and_again = terminal.told(terminal.aged(report), report)

    assert [one.repeated for one in (first, again, and_again)] == [False, True, True]
    assert (again.answer, again.message) == (first.answer, first.message)
    assert world.ledger_kinds() == kinds
    decide(boss, waiting(boss)[0], "order")
    terminal.told(terminal.aged(report))
    assert (waiting(boss), signals(boss)) == ([], [report["id"]])


@pytest.mark.more
def test_the_same_id_with_another_content_is_set_aside(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    report = terminal.missing(cards[0])
    terminal.told(report)

    other, again = terminal.told({**report, "body": cards[1]}, {**report, "body": cards[1]})

    assert (other.answer, other.repeated, again.repeated) == (MissingAnswer.SET_ASIDE, False, True)
    assert [review["choices"] for review in waiting(boss)] == [["order", "nothing"], ["nothing"]]


@pytest.mark.more
def test_once_the_new_paper_has_ordered_the_desk_orders_nothing_more(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    terminal.told(terminal.missing(cards[0]))
    minutes(world, 2)
    terminal.scan(cards[0])

    (review,) = waiting(boss)

    assert review["choices"] == ["nothing"]
    decide(boss, review, "order", expected=409)
    assert len(signals(boss)) == 1
    assert waiting(boss) == [review]


def test_an_order_that_was_opened_and_closed_since_is_not_opened_again(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    terminal.told(terminal.missing(cards[0]))
    minutes(world, 2)
    terminal.scan(cards[0])
    minutes(world, 30)
    terminal.scan(cards[0], intent="receive")

    (review,) = waiting(boss)

    assert review["choices"] == ["nothing"]
    decide(boss, review, "order", expected=409)
    assert len(signals(boss)) == 1


@pytest.mark.more
def test_a_report_that_arrives_after_its_whole_cycle_is_only_recorded(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    """The scans of the new paper have their own way and were faster, though they were made later, at the same place."""
    terminal.scan(cards[1], intent="lookup")
    report = terminal.missing(cards[0])
    minutes(world, 2)
    terminal.scan(cards[0])
    minutes(world, 30)
    terminal.scan(cards[0], intent="receive")

    (result,) = terminal.told(terminal.aged(report))

    assert result.answer == MissingAnswer.SERVED
    assert waiting(boss) == []
    assert "card_missing" in world.ledger_kinds()


@pytest.mark.more
def test_where_the_clocks_do_not_tell_the_supervisor_is_asked_and_ordering_is_not_what_lies_nearest(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    terminal.scan(cards[0])
    minutes(world, 30)
    terminal.scan(cards[0], intent="receive")

    (result,) = terminal.told(terminal.missing(cards[0], boot_id="gone", age_ms=None), rebooted=True)

    assert result.answer == MissingAnswer.REPORTED
    assert waiting(boss)[0]["choices"] == ["nothing", "order"]


@pytest.mark.more
def test_a_registers_cursor_proves_that_a_report_of_a_lost_boot_is_younger_than_a_receipt(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    terminal.scan(cards[0])
    minutes(world, 30)
    terminal.scan(cards[0], intent="receive")
    minutes(world, 1)
    terminal.scan(cards[1], intent="lookup")
    with world.central.database.reading() as connection:
        head = connection.exec_driver_sql("SELECT head FROM site").scalar_one()
    cursor = f"{world.central.generation}:{head}"

    terminal.told(terminal.missing(cards[0], boot_id="gone", age_ms=None, register_cursor=cursor), rebooted=True)

    assert waiting(boss)[0]["choices"] == ["order", "nothing"]


@pytest.mark.more
@pytest.mark.parametrize("life", ["another life of central's", "this one"])
def test_a_cursor_of_another_life_or_another_plants_ledger_proves_nothing(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient, life: str
) -> None:
    terminal.scan(cards[0])
    minutes(world, 30)
    terminal.scan(cards[0], intent="receive")
    minutes(world, 30)
    another_plant(world)
    with world.central.database.transaction() as connection:
        head = connection.exec_driver_sql("SELECT head FROM site WHERE id = 1").scalar_one()
        writer = Writer(2, world.clock.now_ms)
        for _ in range(head + 1):
            writer.note(Entry("lookup", SYSTEM, data={}))
        position = writer.write(connection)
    cursor = f"g-0:{head}" if life.startswith("another") else f"{world.central.generation}:{position}"

    terminal.told(terminal.missing(cards[0], boot_id="gone", age_ms=None, register_cursor=cursor), rebooted=True)

    assert waiting(boss)[0]["choices"] == ["nothing", "order"]


@pytest.mark.more
def test_what_is_known_of_the_machines_clock_is_known_from_the_message_itself(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    """A terminal that sends no scans is measured by what it heard and by when it sends."""
    scanner = PrintingTerminal.enrolled(world)
    scanner.scan(cards[0])
    minutes(world, 30)
    scanner.scan(cards[0], intent="receive")
    minutes(world, 1)
    terminal.contact = {"at_ms": world.clock.now_ms, "boot_id": "boot", "boottime_ms": world.clock.now_ms - BOOTED_MS}
    report = terminal.missing(cards[0])
    minutes(world, 60)

    terminal.told(terminal.aged(report))

    assert waiting(boss)[0]["choices"] == ["order", "nothing"]


def test_a_bin_of_another_plant_is_not_this_terminals_to_report(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    another_plant(world)
    theirs = cards[4]
    with world.central.database.transaction() as connection:
        connection.execute(update(CARD).where(CARD.c.body == theirs).values(site_id=2))

    (result,) = terminal.told(terminal.missing(theirs))

    assert (result.answer, result.reason) == (MissingAnswer.SET_ASIDE, "missing_aside")
    assert [(one["card"], one["choices"]) for one in waiting(boss)] == [(None, ["nothing"])]


@pytest.mark.more
def test_a_report_from_before_the_machines_last_boot_is_older_than_a_receipt_since(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    report = terminal.missing(cards[0], boot_id="gone", boottime_ms=7, age_ms=None)
    terminal.scan(cards[0])  # in the boot that began a minute ago
    minutes(world, 30)
    terminal.scan(cards[0], intent="receive")

    assert [one.answer for one in terminal.told(report)] == [MissingAnswer.SERVED]


@pytest.mark.more
def test_an_order_of_the_bin_before_is_asked_about_and_followed_by_the_next(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    terminal.scan(cards[0])
    first = signals(boss)
    minutes(world, 5 * 24 * 60)
    report = terminal.missing(cards[0])

    (result,) = terminal.told(report)

    assert result.answer == MissingAnswer.ON_ORDER
    (review,) = waiting(boss)
    assert sorted(review["choices"]) == ["nothing", "received_next"]
    decide(boss, review, "received_next")
    assert sorted(signals(boss)) == sorted([*first, report["id"]])
    assert card(world, cards[0]).signal.id == report["id"]


@pytest.mark.more
def test_what_a_revoked_terminal_says_of_the_bin_before_is_not_what_lies_nearest(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    with world.central.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE loop SET closing = 'one_scan'")
    terminal.scan(cards[0])
    terminal.scan(cards[1])
    minutes(world, 5 * 24 * 60)
    terminal.told(terminal.missing(cards[0]))
    boss.post(f"/api/v1/terminals/{terminal.id}/revoke")
    terminal.told(terminal.missing(cards[1]))

    assert [one["choices"] for one in waiting(boss)] == [["received_next", "nothing"], ["nothing", "received_next"]]


@pytest.mark.more
def test_after_a_power_cut_nobody_knows_when_the_bin_was_reported_and_the_next_order_is_offered(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    terminal.scan(cards[0])
    minutes(world, 5 * 24 * 60)
    report = terminal.missing(cards[0], boot_id="gone", age_ms=None)

    (result,) = terminal.told(report, rebooted=True)

    assert result.answer == MissingAnswer.ON_ORDER
    (review,) = waiting(boss)
    assert review["choices"] == ["nothing", "received_next"]
    decide(boss, review, "received_next")
    assert card(world, cards[0]).signal.id == report["id"]


@pytest.mark.more
def test_a_card_on_hold_orders_no_next_bin_either(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    terminal.scan(cards[0])
    minutes(world, 5 * 24 * 60)
    boss.post(f"/api/v1/cards/{cards[0]}/hold", json={}).raise_for_status()
    terminal.told(terminal.missing(cards[0]))
    assert waiting(boss)[0]["choices"] == ["nothing"]
    decide(boss, waiting(boss)[0], "received_next", expected=409)

    boss.post(f"/api/v1/cards/{cards[0]}/release", json={}).raise_for_status()

    assert waiting(boss)[0]["choices"] == ["nothing", "received_next"]


@pytest.mark.more
def test_two_supervisors_at_once_order_once(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    report = terminal.missing(cards[0])
    terminal.told(report)
    (review,) = waiting(boss)
    scripts = [world.script(Role.SUPERVISOR) for _ in range(4)]

    def order(script: TestClient) -> int:
        return script.post(f"/api/v1/reviews/{review['id']}/decide", json={"decision": "order"}).status_code

    with ThreadPoolExecutor(4) as pool:
        codes = sorted(pool.map(order, scripts))

    assert codes == [200, 409, 409, 409]
    assert signals(boss) == [report["id"]]


@pytest.mark.more
def test_the_same_bin_reported_at_two_terminals_is_ordered_once(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    other = PrintingTerminal.enrolled(world)
    report = terminal.missing(cards[0])
    terminal.told(report)
    minutes(world, 3)
    other.told(other.missing(cards[0]))
    first, second = waiting(boss)

    decide(boss, first, "order")

    assert [one["choices"] for one in waiting(boss)] == [["nothing"]]
    decide(boss, second, "order", expected=409)
    minutes(world, 30)
    terminal.scan(cards[0], intent="receive")
    assert [one["choices"] for one in waiting(boss)] == [["nothing"]]
    assert signals(boss) == [report["id"]]


@pytest.mark.more
def test_the_second_report_is_kept_where_the_first_ones_order_turns_out_to_have_been_filled_before_it(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    """A receipt that was offline for an hour lies between the two: the second bin is empty as well."""
    other = PrintingTerminal.enrolled(world)
    other.scan(cards[1], intent="lookup")
    terminal.told(terminal.missing(cards[0]))
    decide(boss, waiting(boss)[0], "order")
    minutes(world, 60)
    terminal.scan(cards[1], intent="lookup")
    terminal.told(terminal.missing(cards[0]))
    assert "order" not in waiting(boss)[0]["choices"]
    minutes(world, 30)

    received = other.scan(cards[0], intent="receive", age_ms=60 * MINUTE)

    assert received.outcome is Outcome.RECEIVED
    assert waiting(boss)[0]["choices"] == ["order", "nothing"]


@pytest.mark.more
def test_a_card_that_is_out_of_use_orders_nothing_and_the_supervisor_hears_of_the_bin(
    cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    boss.post(f"/api/v1/cards/{cards[0]}/retire", json={}).raise_for_status()

    (result,) = terminal.told(terminal.missing(cards[0]))

    assert result.answer == MissingAnswer.RETIRED
    assert waiting(boss)[0]["choices"] == ["nothing"]


@pytest.mark.more
def test_a_card_on_hold_orders_nothing_until_it_is_released(
    cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    boss.post(f"/api/v1/cards/{cards[0]}/hold", json={}).raise_for_status()
    terminal.told(terminal.missing(cards[0]))
    assert waiting(boss)[0]["choices"] == ["nothing"]
    decide(boss, waiting(boss)[0], "order", expected=409)

    boss.post(f"/api/v1/cards/{cards[0]}/release", json={}).raise_for_status()

    assert waiting(boss)[0]["choices"] == ["order", "nothing"]


@pytest.mark.more
def test_a_lost_card_is_ordered_for_and_stays_lost_until_its_new_paper_is_there(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    boss.post(f"/api/v1/cards/{cards[0]}/lost", json={}).raise_for_status()
    terminal.ask(cards[0])
    terminal.told(terminal.missing(cards[0]))

    decide(boss, waiting(boss)[0], "order")

    assert card(world, cards[0]).card.state == "lost"
    terminal.report(terminal.print_of(cards[0], 2))
    assert card(world, cards[0]).card.state == "active"
    assert terminal.scan(cards[0], 2).outcome is Outcome.ALREADY_OPEN


@pytest.mark.more
@pytest.mark.parametrize("standing", ["revoked", "forked"])
def test_what_a_terminal_reports_that_is_not_to_be_believed_is_set_aside_for_a_person(
    cards: list[str], terminal: PrintingTerminal, boss: TestClient, standing: str
) -> None:
    copy = PrintingTerminal(terminal.device, terminal.epoch)
    if standing == "revoked":
        boss.post(f"/api/v1/terminals/{terminal.id}/revoke")
    else:
        terminal.scan(cards[1])
        terminal.restart()
        terminal.scan(cards[1])

    (result,) = copy.told(copy.missing(cards[0]))

    assert result.answer == MissingAnswer.SET_ASIDE
    (review,) = waiting(boss)
    assert (review["choices"], review["facts"]["standing"]) == (["nothing", "order"], standing)


@pytest.mark.more
def test_a_bad_report_harms_no_other(cards: list[str], terminal: PrintingTerminal, boss: TestClient) -> None:
    bad = [7, None, {}, {"id": "x"}, terminal.missing("00000000"), terminal.missing("\0\ud800"),
           terminal.missing(cards[0], print_version=9999)]  # fmt: skip

    *odd, good = terminal.told(*bad, terminal.missing(cards[0]))

    assert {one.answer for one in odd} == {MissingAnswer.SET_ASIDE}
    assert [one.index for one in odd] == list(range(len(bad)))
    assert good.answer == MissingAnswer.REPORTED
    assert sorted(one["choices"] for one in waiting(boss)) == [["nothing"]] * len(bad) + [["order", "nothing"]]


@pytest.mark.more
def test_the_desk_names_the_card_that_central_does_not_know(world: World, terminal: PrintingTerminal) -> None:
    terminal.told(terminal.missing("00000000"))

    desk = world.signed_in(world.person("Eva", Role.SUPERVISOR)).get("/reviews").text

    assert desk.count(">00000000<") == 2  # above, and among all facts


@pytest.mark.more
def test_a_newer_terminals_message_is_understood(
    cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    (result,) = terminal.told({**terminal.missing(cards[0]), "photo": "AAAA", "counted": 0})

    assert result.answer == MissingAnswer.REPORTED


@pytest.mark.more
def test_replaying_the_ledger_rebuilds_reports_and_orders(
    world: World, cards: list[str], terminal: PrintingTerminal, boss: TestClient
) -> None:
    first, second = terminal.missing(cards[0]), terminal.missing(cards[1])
    terminal.told(first, second, terminal.missing("00000000"))
    decide(boss, next(one for one in waiting(boss) if one["scan"] == first["id"]), "order")
    minutes(world, DAY / MINUTE)
    terminal.told(terminal.missing(cards[0]))
    decide(boss, waiting(boss)[-1], "received_next")

    with world.central.database.reading() as connection:
        state = replay_site(connection, 1)

    listed = {
        one["id"]: (one["kind"], one["decision"])
        for which in ("open", "decided")
        for one in boss.get("/api/v1/reviews", params={"state": which}).json()["items"]
    }
    assert {key: (one["kind"], one["decision"]) for key, one in state.reviews.items()} == listed
    assert set(state.signals) == set(signals(boss))
    assert state.signals[first["id"]]["closed_how"] == "assumed"
