"""Loops and their cards as lists, without a browser; on both databases."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import urlencode

from page_counter import Counter
from page_plant import PagePlant
from page_printing import register, want
from sqlalchemy import text

from ekanban_central import aliases
from ekanban_central.cards_counts import unseen_days
from ekanban_central.inputs import NewCards
from ekanban_central.ledger import Actor
from ekanban_central.master import Desk, change_loop, create_cards
from ekanban_core.card_code import CardCode

DAY_S = 24 * 60 * 60


def desk(works: PagePlant, write: object) -> None:
    """Write master data as the supervisor."""
    with works.database.transaction() as connection:
        write(Desk(connection, works.site_id, Actor.person(works.person), works.now, works.random))  # type: ignore[operator]


def cards_of(page: str) -> list[str]:
    """The cards that a page lists, in its order."""
    return re.findall(r'<tr id="card-(\w{8})"', page)


def test_a_loop_shows_its_cards_with_state_paper_and_where_they_were_seen(works: PagePlant, counter: Counter) -> None:
    loop, cards = works.loops[0], works.cards[:3]
    works.scan(cards[1], terminal=2)
    counter.post(f"/cards/{cards[2]}/lost", reason="Fell into the machine")
    desk(works, lambda one: change_loop(one, loop, {"quantity": 250}))

    page = counter.browser().get(f"/loops/{loop}").text

    assert cards_of(page) == cards
    assert "<title>4711-0815 · Cards of a loop (3) – Riverside Works</title>" in page
    for words in ("Reported lost", "Old quantity", "Goods in", "Released", "250 pcs", words_of(cards[0])):
        assert words in page


def words_of(body: str) -> str:
    return CardCode(body, 1).shown[:9]


def test_filters_narrow_and_sort_the_list(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[4])
    works.pass_s(8 * DAY_S)
    works.scan(works.cards[0])
    counter.post(f"/cards/{works.cards[7]}/hold")
    erika = counter.browser()

    def listed(query: str) -> list[str]:
        return cards_of(erika.get(f"/cards?{query}").text)

    assert listed("state=on_hold") == [works.cards[7]]
    assert listed("mark=open&sort=-seen") == [works.cards[0], works.cards[4]]
    unseen = listed("unseen=7")
    assert works.cards[4] in unseen
    assert works.cards[0] not in unseen
    assert listed("q=nordic+line+1") == works.cards[6:9]
    assert listed(f"q={words_of(works.cards[5]).lower()}") == [works.cards[5]]
    assert listed("kind=production&q=impeller") == works.cards[21:24]


def test_cards_for_one_cycle_that_nobody_has_scanned_since_they_were_printed_are_found(
    works: PagePlant, counter: Counter
) -> None:
    register(works, counter)

    def printed() -> list[str]:
        erika = counter.browser()
        before = set(cards_of(erika.get(f"/loops/{works.loops[0]}").text))
        desk(works, lambda one: create_cards(one, works.loops[0], NewCards(count=2, one_off=True)))
        new = [body for body in cards_of(erika.get(f"/loops/{works.loops[0]}").text) if body not in before]
        want(counter, new)
        return new

    old = printed()
    works.pass_s(31 * DAY_S)
    new = printed()
    works.scan(old[1])
    erika = counter.browser()

    page = erika.get("/cards?mark=one_off&unseen=30").text
    assert cards_of(page) == [old[0]]
    assert set(cards_of(erika.get("/cards?mark=one_off").text)) == {*old, *new}
    assert 'For one cycle <span class="count">1<' in page
    assert new[0] not in cards_of(erika.get("/cards?unseen=7").text)


def test_a_card_never_scanned_is_missed_from_its_newest_print_on(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    again, once = works.cards[1:3]
    want(counter, [again])
    want(counter, [once])
    counter.app.state.central.printers.work_off()
    works.pass_s(31 * DAY_S)
    want(counter, [again])
    erika = counter.browser()

    month, quarter = (cards_of(erika.get(f"/loops/{works.loops[0]}?unseen={days}").text) for days in (30, 90))

    assert month == [works.cards[0], once]  # the first was entered with its paper, at the beginning
    assert quarter == []


def test_a_card_whose_paper_was_there_before_is_missed_from_when_central_was_told_of_it(
    works: PagePlant, counter: Counter
) -> None:
    def missed(days: int) -> list[str]:
        return cards_of(counter.browser().get(f"/loops/{works.loops[0]}?unseen={days}").text)

    assert missed(7) == []
    works.pass_s(8 * DAY_S)
    desk(works, lambda one: create_cards(one, works.loops[0], NewCards(count=1, printed=True)))
    counter.post(f"/cards/{works.cards[0]}/hold")  # what happened to it since is no entry
    assert missed(7) == works.cards[:3]
    assert missed(30) == []
    works.pass_s(83 * DAY_S)
    assert missed(90) == works.cards[:3]


def test_when_a_card_was_printed_is_looked_up_once_for_it() -> None:
    asked = str(unseen_days(0).compile(compile_kwargs={"literal_binds": True}))

    assert asked.count("print_job_item.body = card.body") == 1


def test_postgresql_compiles_no_statement_of_central(works: PagePlant) -> None:
    if works.database.backend == "sqlite":
        return
    with works.database.reading() as reading, works.database.taking_in() as taking:
        assert [one.scalar(text("SHOW jit")) for one in (reading, taking)] == ["off", "off"]


def test_a_card_is_found_by_a_code_of_others_that_stands_for_it(works: PagePlant, counter: Counter) -> None:
    desk(works, lambda one: aliases.add(one, works.cards[9], "80012345678"))

    page = counter.browser().get("/cards?q=80012345678").text

    assert cards_of(page) == [works.cards[9]]
    assert "All cards (1)" in page


def test_a_scanner_writes_a_card_into_the_search(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[9])
    works.scan(works.cards[10])
    code = CardCode(works.cards[9], 1).text
    erika = counter.browser()

    shown = words_of(works.cards[9])
    wrong_end = f"{code[:11]}{'0' if code[11] != '0' else '1'}"

    for read in (
        f"15K{code}",
        f"https://kanban.example/c/{code}",
        code.lower(),
        shown,
        shown.replace("-", " "),
        wrong_end,
    ):
        assert cards_of(erika.get("/cards?" + urlencode({"q": read})).text) == [works.cards[9]], read
        board = erika.get("/?" + urlencode({"q": read})).text
        assert re.findall(r'href="/c/(\w{8})\w{4}"', board) == [works.cards[9]], read


def test_a_part_number_of_eight_digits_is_sought_as_one(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[0])
    works.scan(works.cards[9])
    erika = counter.browser()

    found = cards_of(erika.get("/cards?q=4711-0815").text)
    assert sorted(found) == sorted([*works.cards[:3], *works.cards[36:39]])
    board = erika.get("/?q=4711-0815").text
    assert "4711-0815" in board[board.index("<tbody") :]
    assert re.findall(r'class="chip[^"]*"[^>]*>[^<]*Fastener World[^<]*<span class="count">(\d+)', board) == ["1"]


def test_counts_beside_the_chips_tell_how_many_rows_they_leave(works: PagePlant, counter: Counter) -> None:
    counter.post(f"/cards/{works.cards[7]}/hold")
    erika = counter.browser()

    page = erika.get("/cards").text
    href, count = re.search(r'href="([^"]+)">On hold <span class="count">(\d+)', page).groups()  # type: ignore[union-attr]

    assert count == "1"
    assert cards_of(erika.get(href).text) == [works.cards[7]]


def test_loops_tell_how_their_cards_stand(works: PagePlant, counter: Counter) -> None:
    counter.post(f"/cards/{works.cards[0]}/hold")
    works.scan(works.cards[1])
    desk(works, lambda one: create_cards(one, works.loops[0], NewCards(count=2)))
    erika = counter.browser()

    page = erika.get("/loops?q=fastener&destination=Line+1").text

    assert "Loops (1)" in page
    assert "1 On hold" in page
    assert "2 Never printed" in page
    (told,) = csv.DictReader(io.StringIO(erika.get("/loops.csv?q=fastener&destination=Line+1").text.lstrip("\ufeff")))
    assert (told["cards_draft"], told["cards_on_hold"], told["open_signals"]) == ("2", "1", "1")


def test_a_long_list_goes_on_behind_its_first_hundred_rows(works: PagePlant, counter: Counter) -> None:
    desk(works, lambda one: create_cards(one, works.loops[3], NewCards(count=120)))
    erika = counter.browser()

    first = erika.get(f"/loops/{works.loops[3]}").text
    second = erika.get(f"/loops/{works.loops[3]}?page=2").text

    assert f'href="/loops/{works.loops[3]}?page=2"' in first
    assert (len(cards_of(first)), len(cards_of(second))) == (100, 23)
    assert not {*cards_of(first)} & {*cards_of(second)}
    assert len(erika.get(f"/loops/{works.loops[3]}.csv").text.splitlines()) == 1 + 123


def test_several_cards_are_put_on_hold_and_each_refusal_is_told(works: PagePlant, counter: Counter) -> None:
    erika = counter.browser()
    counter.post(f"/cards/{works.cards[1]}/hold")

    answer = erika.client.post(
        "/cards/acts/hold",
        data={"csrf": erika.csrf, "id": works.cards[:3], "reason": "Stock-taking"},
        headers={"Accept": "application/json"},
    )

    assert answer.status_code == 200
    said = [one["text"] for one in answer.json()["notices"]]
    assert said[0] == "On hold: 2 cards"
    assert said[1].startswith(words_of(works.cards[1]))
    assert counter.get(f"/cards/{works.cards[2]}")["state"] == "on_hold"


def test_an_act_that_changes_nothing_is_a_conflict(works: PagePlant, counter: Counter) -> None:
    erika = counter.browser()
    answer = erika.client.post(
        "/cards/acts/release",
        data={"csrf": erika.csrf, "id": [works.cards[0], "nonsense"]},
        headers={"Accept": "application/json"},
    )

    assert answer.status_code == 409
    assert [one["colour"] for one in answer.json()["notices"]] == ["amber", "amber"]


def test_a_viewer_sees_cards_and_changes_none(works: PagePlant, counter: Counter) -> None:
    viktor = counter.browser(works.viewer)

    page = viktor.get(f"/loops/{works.loops[0]}").text

    assert len(cards_of(page)) == 3
    assert "New cards" not in page
    assert 'type="checkbox"' not in page
    assert viktor.post("/cards/acts/hold", id=works.cards[0]).status_code == 403


def test_an_address_that_cannot_be_read_leads_back_to_the_whole_list(works: PagePlant, counter: Counter) -> None:
    erika = counter.browser()

    assert erika.get("/cards?state=gone").headers["location"] == "/cards"
    assert erika.get("/loops?sort=seen").headers["location"] == "/loops"
    assert erika.get("/loops/00000000-0000-0000-0000-000000000009").status_code == 404
