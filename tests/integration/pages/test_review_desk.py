"""What no rule decides, and what people make of it; on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from page_counter import Counter
from page_plant import PagePlant
from sqlalchemy import select

from ekanban_central.ledger import LEDGER
from ekanban_core.lifecycle import Step


def the_review(counter: Counter, kind: str) -> dict[str, Any]:
    (found,) = counter.get("/reviews", kind=kind)["items"]
    return dict(found)


def lose(counter: Counter, body: str) -> None:
    counter.post(f"/cards/{body}/lost", reason="Fell into the machine")


def scan_found(works: PagePlant, counter: Counter) -> str:
    body = works.cards[0]
    lose(counter, body)
    works.pass_s(60)
    works.scan(body)
    return body


def scan_probably_received(works: PagePlant) -> str:
    body = works.cards[0]
    works.scan(body)
    works.pass_s(3600)  # longer than the minimum cycle
    works.scan(body)
    return body


def decided(plant: PagePlant) -> list[dict[str, Any]]:
    with plant.database.reading() as connection:
        statement = select(LEDGER).where(LEDGER.c.kind == "review_decided").order_by(LEDGER.c.position)
        return [dict(row) for row in connection.execute(statement).mappings()]


def test_a_forgotten_receipt_closes_and_opens_the_next_with_that_scans_time(works: PagePlant, counter: Counter) -> None:
    body = scan_probably_received(works)
    review = the_review(counter, "probably_received")
    scanned_ms = works.now
    works.pass_s(600)

    done = counter.post(f"/reviews/{review['id']}/decide", decision="received_next", note="Bin was full")

    assert review["choices"][0] == "received_next"
    assert done["decided_by"] == "Erika Muster"
    signal = works.open_signal(body)
    assert signal is not None
    assert str(signal["id"]) == review["scan"]
    assert signal["opened_latest_ms"] == scanned_ms
    closed = counter.get("/signals", state="closed")["items"]
    assert [one["closed_how"] for one in closed] == ["assumed"]
    (entry,) = decided(works)
    assert (entry["actor_kind"], entry["actor"]) == ("person", str(works.person))
    assert str(entry["scan_id"]) == review["scan"]


def test_a_question_whose_scan_was_taken_back_says_so_and_by_whom(works: PagePlant, counter: Counter) -> None:
    body = scan_probably_received(works)
    review = the_review(counter, "probably_received")

    works.scan(body, "undo", target=review["scan"])

    assert counter.get("/reviews")["items"] == []
    (closed,) = counter.get("/reviews", state="decided")["items"]
    assert (closed["id"], closed["decision"], closed["decided_by"]) == (review["id"], "taken_back", "")
    page = counter.browser().get("/reviews?decided=1").text
    assert "The scan was taken back" in page
    assert f'<p class="second">{review["terminal"]}, <time' in page
    counter.post(f"/reviews/{review['id']}/decide", expected=409, decision="nothing")


def test_a_forgotten_receipt_may_only_close(works: PagePlant, counter: Counter) -> None:
    body = scan_probably_received(works)

    counter.post(f"/reviews/{the_review(counter, 'probably_received')['id']}/decide", decision="received")

    assert works.open_signal(body) is None
    assert counter.get("/signals", state="closed")["items"][0]["closed_how"] == "received"


def test_nothing_to_do_changes_nothing_but_the_desk(works: PagePlant, counter: Counter) -> None:
    body = scan_probably_received(works)
    before = works.open_signal(body)

    counter.post(f"/reviews/{the_review(counter, 'probably_received')['id']}/decide", decision="nothing", note="Empty")

    assert works.open_signal(body) == before
    assert counter.get("/reviews")["items"] == []
    (past,) = counter.get("/reviews", state="decided")["items"]
    assert (past["decision"], past["note"]) == ("nothing", "Empty")


def test_a_receipt_without_order_is_ordered_when_the_worker_meant_empty(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    works.scan(body, "receive")

    counter.post(f"/reviews/{the_review(counter, 'no_open_signal')['id']}/decide", decision="order")

    assert works.open_signal(body) is not None


def test_a_found_card_is_reinstated_and_its_demand_is_ordered_at_the_scans_time(
    works: PagePlant, counter: Counter
) -> None:
    body = scan_found(works, counter)
    scanned_ms = works.now
    works.pass_s(3600)

    counter.post(f"/reviews/{the_review(counter, 'found')['id']}/decide", decision="reinstate_order")

    assert counter.get(f"/cards/{body}")["state"] == "active"
    signal = works.open_signal(body)
    assert signal is not None
    assert signal["opened_latest_ms"] == scanned_ms


@pytest.mark.parametrize(("decision", "state"), [("reinstate", "active"), ("retire", "retired"), ("nothing", "found")])
def test_a_found_card_is_reinstated_retired_or_left(
    works: PagePlant, counter: Counter, decision: str, state: str
) -> None:
    body = scan_found(works, counter)

    counter.post(f"/reviews/{the_review(counter, 'found')['id']}/decide", decision=decision)

    assert counter.get(f"/cards/{body}")["state"] == state
    assert works.open_signal(body) is None


def test_what_was_red_there_and_is_possible_here_is_ordered_when_wanted(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    works.scan(body, local_outcome="on_hold")
    assert works.open_signal(body) is None

    counter.post(f"/reviews/{the_review(counter, 'shown_red')['id']}/decide", decision="order")

    assert works.open_signal(body) is not None


def test_of_two_workers_with_one_empty_bin_only_the_first_scan_is_offered_as_an_order(
    works: PagePlant, counter: Counter
) -> None:
    body = works.cards[0]
    counter.post(f"/cards/{body}/hold", reason="Stock check")
    for terminal in (0, 1):
        works.scan(body, terminal=terminal, local_outcome="opened")
        works.pass_s(30)
    first, second = counter.get("/reviews", kind="shown_green_refused")["items"]

    counter.post(f"/reviews/{first['id']}/decide", decision="order")

    assert (first["choices"][0], second["choices"][0]) == ("order", "order")
    assert the_review(counter, "shown_green_refused")["choices"] == ["nothing", "received_next", "received"]


def test_a_step_that_was_set_aside_is_carried_out_when_wanted(works: PagePlant, counter: Counter) -> None:
    body = works.cards[3]
    works.scan(body)
    works.pass_s(60)
    works.tell(works.terminals[1], state="revoked")
    works.scan(body, "ready", terminal=1)

    counter.post(f"/reviews/{the_review(counter, 'set_aside')['id']}/decide", decision="step")

    signal = works.open_signal(body)
    assert signal is not None
    assert signal["state"] == "ready"


def test_the_desk_offers_only_what_is_possible_now(works: PagePlant, counter: Counter) -> None:
    body = scan_probably_received(works)
    review = the_review(counter, "probably_received")
    works.pass_s(60)
    works.step(body, Step.RECEIVE)  # meanwhile, on the page

    refused = counter.post(f"/reviews/{review['id']}/decide", 409, decision="received_next")

    assert "moved on" in refused["detail"]
    assert the_review(counter, "probably_received")["choices"] == ["order", "nothing"]
    counter.post(f"/reviews/{review['id']}/decide", decision="order")
    assert works.open_signal(body) is not None


def test_two_people_decide_and_the_second_is_told(works: PagePlant, counter: Counter) -> None:
    scan_probably_received(works)
    review = the_review(counter, "probably_received")
    counter.post(f"/reviews/{review['id']}/decide", decision="nothing")

    problem = counter.post(f"/reviews/{review['id']}/decide", 409, decision="received")

    assert problem["detail"] == "Somebody has decided this already."
    assert len(decided(works)) == 1


def test_a_scan_that_has_opened_a_signal_opens_no_second_one(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    works.scan(body, "receive")
    review = the_review(counter, "no_open_signal")
    counter.post(f"/reviews/{review['id']}/decide", decision="order")
    works.step(body, Step.RECEIVE)
    with works.database.transaction() as connection:  # as if nobody had decided
        connection.exec_driver_sql("UPDATE review SET decided_ms = NULL, decision = NULL, decided_by = NULL")

    counter.post(f"/reviews/{review['id']}/decide", 409, decision="order")

    assert works.open_signal(body) is None


def test_an_undo_that_came_too_late_can_cancel_with_a_reason(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    scan = works.scan(body)
    works.pass_s(30)
    works.step(body, Step.ACKNOWLEDGE)
    works.scan(body, "undo", target=scan)
    review = the_review(counter, "undo_moved_on")

    refused = counter.post(f"/reviews/{review['id']}/decide", 409, decision="cancel")
    counter.post(f"/reviews/{review['id']}/decide", decision="cancel", note="Scanned the wrong card")

    assert "reason" in refused["detail"]
    assert works.open_signal(body) is None
    assert counter.get("/signals", state="closed")["items"][0]["closed_reason"] == "Scanned the wrong card"


def test_what_was_scanned_is_shown_and_stays_inert(works: PagePlant, counter: Counter) -> None:
    device = works.terminals[0]
    evil = b"<script>alert(1)</script>\x1d{{7*7}}=cmd|'x'!A0"
    device.send(device.reading(evil, local_outcome="opened"))
    visit = counter.browser()

    page = visit.get("/reviews").text
    line = visit.get("/reviews.csv").text.splitlines()[1]

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{GS}{{7*7}}" in page
    assert the_review(counter, "shown_green_refused")["scanned"]["raw"] == evil.hex()
    assert "The worker saw green" in page
    assert "<script>alert(1)</script>{GS}" in line


def test_a_scan_that_could_not_be_processed_lies_there_with_all_that_came(works: PagePlant, counter: Counter) -> None:
    device = works.terminals[0]
    scan = device.scan(works.cards[0])
    device.send({**scan, "intent": "fly"})

    review = the_review(counter, "malformed")

    assert review["choices"] == ["nothing"]
    assert review["scanned"]["intent"] == "fly"
    assert "intent" in review["facts"]["error"]
    counter.post(f"/reviews/{review['id']}/decide", decision="nothing")


def test_the_same_id_with_other_content_is_set_aside_and_shown(works: PagePlant, counter: Counter) -> None:
    device = works.terminals[0]
    scan = device.scan(works.cards[0])
    device.send(scan)
    device.send({**scan, "intent": "receive"})

    review = the_review(counter, "set_aside")

    assert review["facts"]["standing"] == "conflict"
    assert review["scanned"]["intent"] == "receive"
    assert review["choices"] == ["nothing"]


def test_the_page_says_why_and_counts_by_kind(works: PagePlant, counter: Counter) -> None:
    scan_probably_received(works)
    works.scan(works.cards[3], "receive")
    visit = counter.browser()

    everything, some = visit.get("/reviews").text, visit.get("/reviews?kind=no_open_signal").text

    assert "Empty again, long after the release: probably received without a scan." in everything
    assert "Not received: leave it open" in everything
    assert "<title>Review desk (2)" in everything
    assert "Empty again" not in some
    assert visit.get("/reviews?kind=nonsense&cursor=nonsense").status_code == 200


def test_a_decision_on_the_page_comes_back_to_the_desk(works: PagePlant, counter: Counter) -> None:
    body = scan_probably_received(works)
    review = the_review(counter, "probably_received")
    visit = counter.browser()

    answer = visit.post(f"/reviews/{review['id']}", decision="received", note="ok", kind="probably_received")

    assert (answer.status_code, answer.headers["location"]) == (303, "/reviews?kind=probably_received")
    assert works.open_signal(body) is None
    again = visit.post(f"/reviews/{review['id']}", decision="received", note="ok")
    assert again.status_code == 409
    assert "Somebody has decided this already." in again.text
    assert "Received: close it" in visit.get("/reviews?decided=1").text


def test_what_was_typed_survives_an_error(works: PagePlant, counter: Counter) -> None:
    scan_probably_received(works)
    review = the_review(counter, "probably_received")

    answer = counter.browser().post(f"/reviews/{review['id']}", decision="received", note="x" * 501)

    assert answer.status_code == 409
    assert "The note is too long" in answer.text
    assert f'value="{"x" * 501}"' in answer.text


def test_the_desk_pages_and_its_csv_holds_all(works: PagePlant, counter: Counter) -> None:
    for body in works.cards[:7]:
        works.scan(body, "receive")
        works.pass_s(1)

    first = counter.get("/reviews", limit=4)
    rest = counter.get("/reviews", limit=4, cursor=first["next"])

    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [4, 3, None]
    assert len({one["id"] for one in first["items"] + rest["items"]}) == 7
    assert len(counter.browser().get("/reviews.csv").text.splitlines()) == 8


def test_viewers_look_at_the_desk_and_decide_nothing(works: PagePlant, counter: Counter) -> None:
    scan_probably_received(works)
    review = the_review(counter, "probably_received")
    viktor = counter.browser(works.viewer)

    assert 'name="decision"' not in viktor.get("/reviews").text
    assert viktor.post(f"/reviews/{review['id']}", decision="received").status_code == 403
    assert counter.program(works.viewer).post(f"/api/v1/reviews/{review['id']}/decide", json={}).status_code == 403
    assert counter.stranger().get("/reviews").status_code == 303


def test_whoever_orders_from_a_question_whose_first_asker_has_withdrawn_orders_from_the_other_ones_scan(
    works: PagePlant, counter: Counter
) -> None:
    body = works.cards[0]
    works.scan(body)
    works.pass_s(3600)
    first = works.scan(body)
    works.pass_s(60)
    other = works.scan(body, terminal=1)
    works.pass_s(30)
    works.scan(body, "undo", target=first)

    review = the_review(counter, "probably_received")
    counter.post(f"/reviews/{review['id']}/decide", decision="received_next")

    assert (review["terminal"], review["scanned"]["intent"]) == ("Line 1", "empty")
    opened = works.open_signal(body)
    assert opened is not None
    assert (str(opened["id"]), round((works.now - opened["opened_latest_ms"]) / 1000)) == (other, 30)


def test_scans_that_a_terminal_has_lost_are_noted_by_a_person(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[0], "lookup")
    works.pass_s(3600)
    works.lose_scans(2)
    review = the_review(counter, "scans_missing")
    page = counter.browser().get("/reviews").text

    noted = counter.post(f"/reviews/{review['id']}/decide", decision="nothing", note="Asked at line 4: two bins")

    assert review["choices"] == ["nothing"]
    assert review["why"].startswith("Scans are missing: 2. This terminal had stored them and has them no more")
    assert (review["terminal"], review["facts"]["first"], review["facts"]["last"]) == ("Line 4", 2, 3)
    for words in ("Scans are missing: 2.", "<dd>2–3</dd>", "Noted", "between"):
        assert words in page
    assert (noted["decision"], noted["decided_by"], noted["note"]) == (
        "nothing", "Erika Muster", "Asked at line 4: two bins"
    )  # fmt: skip
    assert [row["data"]["note"] for row in decided(works)] == ["Asked at line 4: two bins"]


def test_missing_scans_that_come_are_counted_and_the_last_one_closes_the_case(
    works: PagePlant, counter: Counter
) -> None:
    lost = works.lose_scans(2)
    terminal = works.terminals[0]

    terminal.send(lost[0])
    page = counter.browser().get("/reviews").text
    terminal.send(lost[1])

    assert "<dt>Come since</dt><dd>1</dd>" in page
    closed = counter.browser().get("/reviews?decided=1").text
    assert "They have come after all" in closed
    assert counter.get("/reviews", kind="scans_missing")["items"] == []


def test_a_bin_without_its_card_is_ordered_from_the_desk(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    report = works.miss(body)
    browser = counter.browser()
    page = browser.get("/reviews").text
    assert "A bin stands empty without its card." in page
    assert "Nothing is on order." in page
    assert page.index("Order it") < page.index("Nothing to order")

    counter.post(f"/reviews/{the_review(counter, 'card_missing')['id']}/decide", decision="order")

    signal = works.open_signal(body)
    assert signal is not None
    assert str(signal["id"]) == report
    assert "Order it" in browser.get("/reviews?decided=1").text


@pytest.mark.more
def test_a_bin_whose_new_card_was_scanned_meanwhile_is_on_order(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    works.miss(body)
    works.pass_s(60)
    works.scan(body)

    page = counter.browser().get("/reviews").text

    assert "It is on order: nothing to do" in page
    assert "Order it" not in page
    counter.post(f"/reviews/{the_review(counter, 'card_missing')['id']}/decide", expected=409, decision="order")
