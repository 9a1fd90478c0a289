"""Signals for programs, on both databases."""

from __future__ import annotations

from uuid import uuid4

import pytest
from page_counter import Counter, answered
from page_plant import PagePlant, open_many

from ekanban_core.lifecycle import Step


def the_signal(counter: Counter, body: str) -> str:
    row = counter.plant.open_signal(body)
    assert row is not None
    return str(row["id"])


def test_a_list_pages_by_cursor_and_misses_and_doubles_nothing(works: PagePlant, counter: Counter) -> None:
    open_many(works, 250)

    for sort in ("due", "-due", "age", "-age"):
        pages, cursor = [], None
        while True:
            query = {"limit": 60, "sort": sort} | ({"cursor": cursor} if cursor else {})
            page = counter.get("/signals", **query)
            pages.append([item["id"] for item in page["items"]])
            cursor = page["next"]
            if cursor is None:
                break
        assert [len(page) for page in pages] == [60, 60, 60, 60, 10]
        assert len({one for page in pages for one in page}) == 250


@pytest.mark.parametrize("sort", ["due", "-due", "age", "-age"])
def test_a_list_comes_in_the_order_asked_for(works: PagePlant, counter: Counter, sort: str) -> None:
    works.fill()

    items = counter.get("/signals", sort=sort)["items"]

    key = "due_at" if "due" in sort else "opened_at"
    assert [item[key] for item in items] == sorted((item[key] for item in items), reverse=sort.startswith("-"))


def test_filters_narrow_the_list(works: PagePlant, counter: Counter) -> None:
    works.fill()
    everything = counter.get("/signals")["items"]

    for name, value in (("source", "Supermarket A"), ("destination", "Line 2"), ("part", "4711-0815")):
        found = counter.get("/signals", **{name: value})["items"]
        assert found == [item for item in everything if item[name] == value]
        assert found
    both = counter.get("/signals", source=["Supermarket A", "Supermarket B"], destination="Line 1")["items"]
    assert {(item["source"], item["destination"]) for item in both} == {("Supermarket B", "Line 1")}
    assert counter.get("/signals", overdue=True)["items"] == [item for item in everything if item["overdue"]]
    assert {item["state"] for item in counter.get("/signals", state="waiting")["items"]} == {"waiting"}


def test_search_knows_letters_beyond_ascii_on_both_databases(works: PagePlant, counter: Counter) -> None:
    counter.post("/parts", 201, number="ÖL-5", description="Schmieröl für Getriebe")
    loop = counter.post(
        "/loops", 201, part="ÖL-5", source="Supermarket A", destination="Line 1", kind="withdrawal", quantity=1,
        lead_time_s=60,
    )  # fmt: skip
    card = counter.post("/cards", 201, loop_id=loop["id"], printed=True)["items"][0]
    works.scan(card["body"])

    assert [item["part"] for item in counter.get("/signals", q="SCHMIERÖL line")["items"]] == ["ÖL-5"]
    assert [item["part"] for item in counter.get("/signals", q=card["code"])["items"]] == ["ÖL-5"]
    assert counter.get("/signals", q="%")["items"] == []


def test_a_signal_tells_its_history(works: PagePlant, counter: Counter) -> None:
    body = works.cards[3]
    works.scan(body)
    works.pass_s(60)
    works.step(body, Step.ACKNOWLEDGE)

    found = counter.get(f"/signals/{the_signal(counter, body)}")

    told = [(one["kind"], one["actor"], one["by"]) for one in found["history"]]
    assert ("signal_opened", "terminal", "Line 4") in told
    assert told[-1] == ("signal_advanced", "person", "Erika Muster")
    assert found["acknowledged_at"] == "2026-03-02T13:01:00.000Z"
    assert found["terminal"] == "Line 4"


def test_a_signal_goes_through_its_steps(works: PagePlant, counter: Counter) -> None:
    body = works.cards[3]  # of a loop that uses all states
    works.scan(body)
    signal = the_signal(counter, body)

    for step, state in (
        ("acknowledge", "acknowledged"), ("start", "in_process"), ("ready", "ready"), ("ship", "in_transit"),
        ("receive", "received"),
    ):  # fmt: skip
        works.pass_s(60)
        assert counter.post(f"/signals/{signal}/{step}")["state"] == state

    assert counter.get("/signals", state="open")["items"] == []
    closed = counter.get("/signals", state="closed")["items"]
    assert [(one["id"], one["closed_how"]) for one in closed] == [(signal, "received")]


def test_cancel_needs_a_reason_and_keeps_it(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[0])
    signal = the_signal(counter, works.cards[0])

    refused = counter.post(f"/signals/{signal}/cancel", 409)
    done = counter.post(f"/signals/{signal}/cancel", reason="Scanned by mistake")

    assert "reason" in refused["detail"]
    assert (done["state"], done["closed_reason"]) == ("cancelled", "Scanned by mistake")


def test_who_comes_second_is_told_where_it_stands(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[0])
    signal = the_signal(counter, works.cards[0])
    counter.post(f"/signals/{signal}/receive")

    problem = counter.post(f"/signals/{signal}/receive", 409)

    assert problem["state"] == "received"
    assert problem["closed_at"] == "2026-03-02T13:00:00.000Z"
    assert problem["title"] == "Conflict"


def test_a_past_signal_is_never_touched_by_an_act_on_its_card(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    works.scan(body)
    old = the_signal(counter, body)
    counter.post(f"/signals/{old}/receive")
    works.pass_s(60)
    works.scan(body)

    counter.post(f"/signals/{old}/receive", 409)

    assert works.open_signal(body) is not None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/signals?state=lost", 422), ("/signals?cursor=abc", 422), ("/signals?q=%00", 422), ("/signals?limit=0", 422),
        ("/signals?limit=501", 422), ("/signals?overdue=perhaps", 422), ("/signals/1", 422),
        ("/signals/00000000-0000-4000-8000-000000000000", 404),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_a_problem(counter: Counter, path: str, status: int) -> None:
    answer = counter.api.get(f"/api/v1{path}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_steps_that_do_not_exist_and_signals_that_do_not_exist(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[0])

    counter.post(f"/signals/{the_signal(counter, works.cards[0])}/explode", 422)
    counter.post("/signals/00000000-0000-4000-8000-000000000000/receive", 404)


def test_a_viewer_looks_and_a_stranger_does_not(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[0])
    signal = the_signal(counter, works.cards[0])
    viewer, stranger = counter.program(works.viewer), counter.stranger()

    assert viewer.get("/api/v1/signals").status_code == 200
    assert viewer.post(f"/api/v1/signals/{signal}/receive").status_code == 403
    assert stranger.get("/api/v1/signals").status_code == 401
    assert stranger.post(f"/api/v1/signals/{signal}/receive").status_code == 401


def test_several_are_received_in_one_act_and_each_stands_for_itself(works: PagePlant, counter: Counter) -> None:
    for body in works.cards[:3]:
        works.scan(body)
    ids = [the_signal(counter, body) for body in works.cards[:3]]
    works.pass_s(60)
    works.step(works.cards[1], Step.RECEIVE)
    visit = counter.browser()

    answer = visit.client.post(
        "/signals/acts/receive",
        data={"id": [*ids, str(uuid4())]},
        headers={"Accept": "application/json", "X-CSRF-Token": visit.csrf},
    )

    notices = [one["text"] for one in answered(answer, 200)["notices"]]
    assert notices[0] == "Received: 2 signals"
    assert "This has changed meanwhile. Look again. Received at 14:01." in notices[1]
    assert "not known" in notices[2]
    assert all(works.open_signal(body) is None for body in works.cards[:3])


def test_the_csv_file_holds_the_whole_filtered_list_and_no_formula(works: PagePlant, counter: Counter) -> None:
    counter.post("/parts", 201, number="=1+1", description="@SUM(A1)")
    loop = counter.post(
        "/loops", 201, part="=1+1", source="Supermarket A", destination="Line 1", kind="withdrawal", quantity=1,
        lead_time_s=60,
    )  # fmt: skip
    works.scan(counter.post("/cards", 201, loop_id=loop["id"], printed=True)["items"][0]["body"])
    works.fill()

    lines = counter.browser().get("/signals.csv").text.splitlines()
    some = counter.browser().get("/signals.csv?part=%3D1%2B1").text.splitlines()

    assert len(lines) == 24
    assert lines[0].startswith("\ufeffcard,part,description,source,destination")
    assert len(some) == 2
    assert ",'=1+1,'@SUM(A1),Supermarket A,Line 1," in some[1]


def test_changes_since_a_position_name_what_came_what_changed_and_what_left(works: PagePlant, counter: Counter) -> None:
    first, second, third = works.cards[0], works.cards[3], works.cards[6]
    works.scan(first)
    works.scan(second)
    since = counter.get("/sites")["items"][0]["head"]
    works.pass_s(60)
    works.scan(third)
    works.step(second, Step.ACKNOWLEDGE)
    works.step(first, Step.RECEIVE)
    visit = counter.browser()

    answer = answered(visit.get(f"/signals/changes?since={since}", Accept="application/json"), 200)

    fresh = {row["html"].split('data-name="')[1].split('"')[0]: row["fresh"] for row in answer["rows"]}
    assert fresh == {"A-2040-7": True, "4711-0820": False}
    assert [one["word"] for one in answer["gone"]] == ["Received"]
    assert answer["open"] == 2
    again = answered(visit.get(f"/signals/changes?since={answer['position']}"), 200)
    assert (again["rows"], again["gone"]) == ([], [])


def test_changes_of_a_filtered_list_let_go_what_no_longer_fits(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[3])
    since = counter.get("/sites")["items"][0]["head"]
    works.pass_s(60)
    works.step(works.cards[3], Step.ACKNOWLEDGE)

    answer = answered(counter.browser().get(f"/signals/changes?since={since}&state=released"), 200)

    assert answer["rows"] == []
    assert [one["word"] for one in answer["gone"]] == ["Acknowledged"]


def test_a_list_from_before_a_restore_loads_itself_anew(works: PagePlant, counter: Counter) -> None:
    assert answered(counter.browser().get("/signals/changes?since=999999"), 200) == {"reload": True}


def test_too_many_changes_are_a_reload(works: PagePlant, counter: Counter) -> None:
    open_many(works, 300)
    with works.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE signal SET changed = 5")

    assert answered(counter.browser().get("/signals/changes?since=4"), 200) == {"reload": True}


def test_a_form_without_script_comes_back_to_its_list(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[0])
    signal = the_signal(counter, works.cards[0])

    answer = counter.browser().post("/signals/acts/receive", only=signal, back="/signals?overdue=1")

    assert (answer.status_code, answer.headers["location"]) == (303, "/signals?overdue=1")
    assert works.open_signal(works.cards[0]) is None
    elsewhere = counter.browser().post("/signals/acts/receive", only=signal, back="//evil.example/")
    assert elsewhere.headers["location"] == "/"


def test_overdue_is_judged_by_centrals_clock(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[0])  # due after an hour
    assert counter.get("/signals", overdue=True)["items"] == []

    works.pass_s(61 * 60)

    (late,) = counter.get("/signals", overdue=True)["items"]
    assert late["overdue"] is True
    assert 'class="late"' in counter.browser().get("/signals").text
    assert "1 min late" in counter.browser().get("/signals").text
