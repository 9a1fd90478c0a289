"""Terminal and central see one card differently, and the network fails besides: each ends as the language says."""

from __future__ import annotations

import pytest

from simulation.stories import at, story

every_storm = pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(more, marks=pytest.mark.more) for more in (2, 3, 4))]
)
GREEN, RED, AMBER = "green", "red", "amber"
RECEIVED = "out_of_sequence"  # carried out, and warned of: nobody has acknowledged these orders


@every_storm
def test_green_there_and_refused_at_central_goes_to_review_and_stays_on_the_kiosk(seed: int) -> None:
    told = story(
        seed,
        at(400, "outage", "t1", seconds=3_000.0),
        at(410, "person", act="hold", card=0),
        at(411, "person", act="retire", card=1),
        at(412, "person", act="lost", card=2),
        *(at(500 + 5 * card, "scan", "t1", card=card) for card in range(3)),
    )

    assert told.shown == [("opened", GREEN)] * 3
    assert told.answers == ["on_hold", "retired", "found"]
    assert told.signals == {}
    assert told.reviews == [("found", False), ("shown_green_refused", False), ("shown_green_refused", False)]
    assert told.listed == {"t1": ["on_hold", "retired"]}


@every_storm
def test_red_there_and_valid_at_central_is_not_carried_out_and_goes_to_review(seed: int) -> None:
    told = story(
        seed,
        at(100, "person", act="hold", card=0),
        at(200, "scan", "t1", card=2),  # its answer makes the terminal look at the register
        at(400, "outage", "t1", seconds=3_000.0),
        at(410, "person", act="release", card=0),
        at(500, "scan", "t1", card=0),
    )

    assert told.shown[1] == ("on_hold", RED)
    assert told.answers[1] == "review"
    assert told.signals == {2: [None]}
    assert told.reviews == [("shown_red", False)]
    assert told.listed == {}


@every_storm
def test_a_forgotten_receipt_is_asked_about_once_and_settled_by_one_key(seed: int) -> None:
    told = story(
        seed,
        at(400, "scan", "t1", card=0),
        at(4_000, "scan", "t1", card=0),
        at(7_000, "scan", "t2", card=0),
        at(12_000, "person", act="decide", card=0, choice=0),
    )

    assert told.answers == ["opened", "already_open", "already_open"]
    assert told.signals == {0: ["assumed", None]}
    assert told.reviews == [("probably_received", True)]


@every_storm
def test_a_receipt_that_arrives_after_the_next_empty_closes_its_own_cycle_and_loses_no_demand(seed: int) -> None:
    told = story(
        seed,
        at(400, "scan", "t1", card=0),
        at(3_000, "outage", "t2", seconds=4_000.0),
        at(3_100, "scan", "t2", card=0, intent="receive"),
        at(4_000, "scan", "t1", card=0),
    )

    assert told.shown[1] == (RECEIVED, AMBER)
    assert told.answers == ["opened", RECEIVED, "already_open"]
    assert told.signals == {0: ["received"]}
    assert told.reviews == [("probably_received", False)]  # with it the next order is one key away


@every_storm
def test_an_empty_soon_after_a_receipt_that_has_not_arrived_yet_is_a_demand_that_nobody_loses(seed: int) -> None:
    told = story(
        seed,
        at(400, "scan", "t1", card=0),
        at(405, "outage", "t2", seconds=4_000.0),
        at(500, "scan", "t2", card=0, intent="receive"),
        at(700, "scan", "t1", card=0),  # within the minimum cycle time of the order that is still open here
    )

    assert told.answers == ["opened", RECEIVED, "already_open"]
    assert told.signals[0][-1] is None or told.reviews != []


@every_storm
def test_an_empty_that_arrives_after_the_receipt_of_its_cycle_opens_nothing(seed: int) -> None:
    told = story(
        seed,
        at(400, "scan", "t1", card=0),
        at(1_000, "outage", "t2", seconds=4_000.0),
        at(1_200, "scan", "t2", card=0),
        at(2_000, "scan", "t1", card=0, intent="receive"),
    )

    assert told.answers == ["opened", "late", RECEIVED]
    assert told.signals == {0: ["received"]}
    assert told.reviews == []


@every_storm
def test_the_undo_of_a_scan_that_has_moved_on_changes_nothing_and_goes_to_review(seed: int) -> None:
    told = story(
        seed,
        at(200, "scan", "t1", card=0),
        at(210, "outage", "t1", seconds=3_000.0),
        at(230, "scan", "t2", card=0, intent="receive"),
        at(260, "undo", "t1"),
    )

    assert told.answers == ["opened", RECEIVED, "review"]
    assert told.signals == {0: ["received"]}
    assert told.reviews == [("undo_moved_on", False)]
