"""Printers, print jobs and the print dialogue without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from page_counter import Counter, Visit
from page_plant import PagePlant
from page_printing import register

from ekanban_central.ledger import Actor
from ekanban_central.loading import PART
from ekanban_central.master import Desk, change
from ekanban_central.print_engine import Sent, Standing
from ekanban_core.card_code import CardCode
from ekanban_core.states import PrintState

DIALOGUE = "/cards/print"


@pytest.fixture
def works(central_on_sqlite: str) -> Iterator[PagePlant]:
    """One database is enough: what lies below is tested on both."""
    plant = PagePlant(central_on_sqlite)
    yield plant
    plant.database.close()


def fields(page: str) -> dict[str, Any]:
    """What the print dialogue would send."""
    form = page[page.index('id="print-form"') : page.index("print-preview")]
    named = dict(re.findall(r'<input type="hidden" name="(request_id|loop)" value="([^"]+)"', form))
    chosen = re.search(r'name="printer" value="([^"]+)" checked', form)
    return {**named, "id": re.findall(r'name="id" value="([^"]+)"', form), "printer": chosen and chosen.group(1)}


def printed(counter: Counter, visit: Visit, address: str, state: str) -> str:
    """Work off what waits, and read the job's page."""
    counter.app.state.central.printers.work_off()
    page: str = visit.get(address).text
    assert state in page
    return page


def test_cards_are_chosen_looked_at_and_printed(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    erika = counter.browser()

    chosen = erika.post(f"{DIALOGUE}/choose", id=works.cards[:3]).headers["location"]
    dialogue = erika.get(chosen).text
    assert "Print 3 cards" in dialogue
    picture = re.search(r'<img src="([^"]+)"', dialogue)
    assert picture
    drawn = erika.get(picture.group(1).replace("&amp;", "&"))
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert drawn.text.startswith("<svg")
    job = erika.post(DIALOGUE, **fields(dialogue)).headers["location"]

    page = printed(counter, erika, job, "On paper")
    assert page.count('<tr id="item-') == 3
    assert CardCode(works.cards[0], 2).shown in page
    assert counter.get(f"/cards/{works.cards[0]}")["print_version"] == 2


def test_a_dialogue_that_is_sent_twice_prints_once(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    erika = counter.browser()
    asked = fields(erika.get(f"{DIALOGUE}?id={works.cards[0]}").text)

    first = erika.post(DIALOGUE, **asked).headers["location"]
    second = erika.post(DIALOGUE, **asked).headers["location"]

    assert first == second
    assert erika.get("/print-jobs.csv").text.count("queued") == 1


def test_new_cards_come_into_being_by_being_printed(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    erika = counter.browser()
    dialogue = erika.get(f"{DIALOGUE}?loop={works.loops[0]}&count=4").text
    assert "Make and print 4 cards" in dialogue
    assert len(counter.get("/cards", loop_id=works.loops[0])["items"]) == 3

    job = erika.post(DIALOGUE, **fields(dialogue), count="4", one_off="1").headers["location"]

    printed(counter, erika, job, "On paper")
    cards = counter.get("/cards", loop_id=works.loops[0])["items"]
    assert [card["number"] for card in sorted(cards, key=lambda card: card["number"])] == [1, 2, 3, 4, 5, 6, 7]
    assert {card["state"] for card in cards} == {"active"}
    assert sorted(card["number"] for card in cards if card["one_off"]) == [4, 5, 6, 7]


def describe_too_long(works: PagePlant) -> None:
    """Give the first loop's part a description that fits on no card."""
    with works.database.transaction() as connection:
        part = connection.execute(PART.select().where(PART.c.number == "4711-0815")).mappings().one()
        desk = Desk(connection, works.site_id, Actor.person(works.person), works.now, works.random)
        change(desk, PART, part["id"], {"description": "W" * 190}, "part_changed")


def test_cards_that_do_not_exist_yet_are_not_told_apart_by_codes_that_they_will_not_have(
    works: PagePlant, counter: Counter
) -> None:
    register(works, counter)
    describe_too_long(works)

    page = counter.browser().get(f"{DIALOGUE}?loop={works.loops[0]}&count=30").text

    told = page[page.index("Nothing is printed like this:") : page.index("print-columns")]
    assert re.findall("<li>.*?: ", told) == ['<li><span class="code">Description</span>: ']


def test_what_would_not_fit_is_said_before_anything_is_stored(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    describe_too_long(works)
    erika = counter.browser()

    dialogue = erika.get(f"{DIALOGUE}?id={works.cards[0]}").text

    assert "Nothing is printed like this:" in dialogue
    assert f"{CardCode(works.cards[0], 2).shown}: Description" in dialogue
    assert re.search(r'<button class="main big" disabled', dialogue)
    again = erika.post(DIALOGUE, **fields(dialogue))
    assert again.status_code == 409
    assert "Nothing is printed like this:" in again.text
    assert counter.get("/print-jobs")["items"] == []


def test_without_a_printer_the_dialogue_says_who_registers_one(works: PagePlant, counter: Counter) -> None:
    dialogue = counter.browser().get(f"{DIALOGUE}?id={works.cards[0]}").text

    assert "An administrator registers one first." in dialogue


def test_a_person_says_which_papers_came_out_and_has_the_rest_printed_again(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    counter.engine.ends = Sent(PrintState.UNKNOWN, 1, 4, "The connection broke.")
    erika = counter.browser()
    job = erika.post(DIALOGUE, **fields(erika.get(f"{DIALOGUE}?{query(works.cards[:4])}").text)).headers["location"]
    page = printed(counter, erika, job, "Nobody knows how much came out.")
    assert "The connection broke." in page

    assert erika.post(f"{job}/out", id=["2", "4"]).status_code == 303
    rest = erika.post(f"{job}/again").headers["location"]

    counter.engine.ends = Sent(PrintState.DONE, 9, 9)
    page = printed(counter, erika, rest, "On paper")
    assert re.findall(r'<tr id="item-(\d+)"', page) == ["1"]
    assert CardCode(works.cards[2], 3).shown in page
    versions = [counter.get(f"/cards/{body}")["print_version"] for body in works.cards[:4]]
    assert versions == [2, 2, 3, 2]
    assert "will not come any more" in erika.get(job).text


def query(bodies: list[str]) -> str:
    return "&".join(f"id={body}" for body in bodies)


def test_a_job_that_waits_is_taken_back_and_the_old_papers_stay_valid(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    erika = counter.browser()
    job = erika.post(DIALOGUE, **fields(erika.get(f"{DIALOGUE}?id={works.cards[0]}").text)).headers["location"]
    assert "Take back this job of 1 card" in erika.get(job).text

    assert erika.post(f"{job}/cancel").status_code == 303

    assert "Taken back" in erika.get(job).text
    late = erika.post(f"{job}/cancel")
    assert late.status_code == 409
    assert "Only a job that waits can be taken back." in late.text
    assert counter.get(f"/cards/{works.cards[0]}")["print_version"] == 1


def test_jobs_are_listed_by_what_they_need(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    erika = counter.browser()
    for state in (PrintState.DONE, PrintState.UNKNOWN, PrintState.FAILED):
        counter.engine.ends = Sent(state, 0 if state is not PrintState.DONE else 1, 1)
        job = erika.post(DIALOGUE, **fields(erika.get(f"{DIALOGUE}?id={works.cards[0]}").text)).headers["location"]
        counter.app.state.central.printers.work_off()

    def listed(state: str) -> int:
        return erika.get(f"/print-jobs?state={state}").text.count('<tr id="job-')

    assert [listed(state) for state in ("", "needs", "way", "failed")] == [3, 1, 0, 1]
    assert "Nothing is being printed." in erika.get("/print-jobs?state=way").text
    assert "Print jobs (1)" in erika.get("/print-jobs").text
    assert len(erika.get("/print-jobs.csv").text.splitlines()) == 4
    assert erika.get(f"{job}.csv").text.splitlines()[1].startswith("1,")


def test_a_job_whose_cards_were_printed_again_asks_nobody_any_more(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    counter.engine.ends = Sent(PrintState.FAILED, 1, 1)
    erika = counter.browser()
    job = erika.post(DIALOGUE, **fields(erika.get(f"{DIALOGUE}?{query(works.cards[:3])}").text)).headers["location"]
    assert "Print the 2 missing cards again" in printed(counter, erika, job, "Failed")

    counter.engine.ends = Sent(PrintState.DONE, 2, 2)
    printed(counter, erika, erika.post(f"{job}/again").headers["location"], "On paper")

    assert "missing card" not in erika.get(job).text


def test_a_place_beyond_all_numbers_is_a_wrong_address(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    erika = counter.browser()
    job = erika.post(DIALOGUE, **fields(erika.get(f"{DIALOGUE}?id={works.cards[0]}").text)).headers["location"]
    counter.app.state.central.printers.work_off()

    answers = [
        erika.get(f"{job}?first={10**30}"), *(erika.post(f"{job}/{act}", id=str(-(10**30))) for act in ("out", "again"))
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [422, 422, 422]


def test_jobs_are_listed_by_printer_also_of_one_that_is_switched_off(works: PagePlant, counter: Counter) -> None:
    printer, other = register(works, counter), register(works, counter, name="Spare")
    erika = counter.browser()
    form = fields(erika.get(f"{DIALOGUE}?id={works.cards[0]}").text)
    erika.post(DIALOGUE, **{**form, "printer": str(printer)})
    off = counter.program(works.admin).patch(f"/api/v1/printers/{printer}", json={"enabled": False})
    off.raise_for_status()

    def chips(address: str) -> list[tuple[str, str]]:
        page = erika.get(address).text
        return re.findall(r'printer=[0-9a-f-]{36}[^>]*>(Labels at line 4|Spare) <span class="count">(\d+)', page)

    assert chips(f"/print-jobs?printer={other}") == [("Labels at line 4", "1")]
    assert chips(f"/print-jobs?state=failed&printer={other}") == []


PRINTER = {
    "name": "Office", "way": "ipp", "address": "ipp://office.plant.example/ipp/print", "dialect": "pdf", "dpi": "600",
    "enabled": "1", "offset_x": "1,5",
}  # fmt: skip


def test_an_administrator_registers_changes_and_removes_a_printer(works: PagePlant, counter: Counter) -> None:
    ada = counter.browser(works.admin)

    assert ada.post("/printers/new", **PRINTER).status_code == 303
    found = re.search(r'href="(/printers/[0-9a-f-]{36})"', ada.get("/printers").text)
    assert found
    form = ada.get(found.group(1)).text
    assert 'name="offset_x" value="1.5"' in form
    assert '<details class="rest" open>' in form
    assert ada.post(found.group(1), **{**PRINTER, "name": "Office 2"}).status_code == 303
    assert "Office 2" in ada.get("/printers").text
    assert ada.post(f"{found.group(1)}/remove").status_code == 303

    assert "No printer is registered yet" in ada.get("/printers").text


def test_a_printer_that_has_jobs_stays_and_that_is_said_in_the_readers_language(
    works: PagePlant, counter: Counter
) -> None:
    printer = register(works, counter)
    erika, ada = counter.browser(), counter.browser(works.admin)
    erika.post(DIALOGUE, **fields(erika.get(f"{DIALOGUE}?id={works.cards[0]}").text))
    ada.client.headers["Accept-Language"] = "de"

    kept = ada.post(f"/printers/{printer}/remove")

    assert kept.status_code == 409
    assert "Dieser Drucker hat noch Druckjobs." in kept.text


def test_whose_session_ends_at_a_form_comes_back_to_what_was_chosen(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    dialogue = counter.browser().get(f"{DIALOGUE}?{query(works.cards[:2])}&layout=a6").text
    action = re.search(r'<form method="post" action="([^"]+)" class="print-form"', dialogue)
    assert action

    def led(address: str) -> str:
        return str(unquote(counter.stranger().post(address).headers["location"]))

    assert led(action.group(1).replace("&amp;", "&")).startswith(
        f"/sign-in?next=/cards/print?{query(works.cards[:2])}&"
    )
    assert led(f"/c/{works.cards[0]}/card/hold") == f"/sign-in?next=/c/{works.cards[0]}"
    assert led("/cards/acts/lost") == "/sign-in?next=/cards"


@pytest.mark.parametrize("act", ["replace", "card/hold", "aliases"])
def test_the_address_of_an_act_opens_the_page_that_it_was_done_on(works: PagePlant, counter: Counter, act: str) -> None:
    page = f"/c/{works.cards[0]}"

    typed = counter.browser().get(f"{page}/{act}", Accept="text/html")

    assert (typed.status_code, typed.headers["location"]) == (303, page)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"address": "http://somewhere/"}, "address-error"),
        ({"offset_x": "much"}, "Expected a number, got “much”."),
        ({"scale_x": "2"}, "From 0.9 to 1.1."),
        ({"name": ""}, "name-error"),
    ],
)
def test_what_is_wrong_with_a_printer_stands_beside_its_field(
    works: PagePlant, counter: Counter, wrong: dict[str, str], said: str
) -> None:
    ada = counter.browser(works.admin)

    answer = ada.post("/printers/new", **{**PRINTER, **wrong})

    assert answer.status_code == 422
    assert said in answer.text
    assert len(re.findall(r'aria-invalid="true" [^>]*autofocus', answer.text)) == 1
    for name, value in {**PRINTER, **wrong}.items():
        assert value in answer.text, name


def beside(page: str) -> dict[str, str]:
    """What stands beside each field."""
    return dict(re.findall(r'<span class="error" id="(\w+)-error">([^<]*)</span>', page))


def test_everything_that_is_wrong_with_a_printer_is_told_at_once(works: PagePlant, counter: Counter) -> None:
    ada = counter.browser(works.admin)
    ada.post("/printers/new", **PRINTER)
    typed = {**PRINTER, "address": "http://somewhere/", "scale_x": "2", "media": "A 4", "terminal": str(uuid4())}

    answer = ada.post("/printers/new", **typed)

    assert answer.status_code == 422
    told = beside(answer.text)
    assert told["name"] == "Another printer has this name."
    assert told["terminal"] == "This terminal is not known any more. Choose another one."
    assert told["scale_x"] == "From 0.9 to 1.1."
    assert set(told) == {"name", "address", "scale_x", "media", "terminal"}
    assert len(re.findall('aria-invalid="true"', answer.text)) == 5
    for name in ("name", "address", "scale_x", "media"):
        assert f'name="{name}" value="{typed[name]}"' in answer.text


def test_a_printer_that_has_jobs_and_gets_a_taken_name_is_told_both(works: PagePlant, counter: Counter) -> None:
    ada, erika = counter.browser(works.admin), counter.browser()
    ada.post("/printers/new", **PRINTER)
    printer = register(works, counter)
    terminal = counter.get("/terminals")["items"][0]["id"]
    form = fields(erika.get(f"{DIALOGUE}?id={works.cards[0]}").text)
    erika.post(DIALOGUE, **{**form, "printer": str(printer)})

    answer = ada.post(f"/printers/{printer}", **{**PRINTER, "terminal": terminal})

    assert set(beside(answer.text)) == {"name", "terminal"}
    assert "Office" not in re.findall("<h1>.*</h1>", answer.text)[0]


def test_a_layout_that_is_there_no_more_stays_chosen_until_another_is(works: PagePlant, counter: Counter) -> None:
    printer = register(works, counter, layout="shelf")

    form = counter.browser(works.admin).get(f"/printers/{printer}").text

    assert '<option value="shelf" selected>' in form


def test_a_terminal_that_was_revoked_stays_the_one_that_sends(works: PagePlant, counter: Counter) -> None:
    terminal = works.terminals[0]
    printer = register(works, counter, terminal_id=terminal.id)
    works.tell(terminal, state="revoked")
    ada = counter.browser(works.admin)

    form = ada.get(f"/printers/{printer}").text

    assert f'<option value="{terminal.id}" selected>' in form
    assert str(terminal.id) not in ada.get("/printers/new").text
    assert '<td class="sender-cell">Line 4</td>' in ada.get("/printers").text


def test_a_name_is_given_once(works: PagePlant, counter: Counter) -> None:
    ada = counter.browser(works.admin)
    ada.post("/printers/new", **PRINTER)

    answer = ada.post("/printers/new", **PRINTER)

    assert answer.status_code == 422
    assert "Another printer has this name." in answer.text


def test_where_a_printer_stands_is_for_administrators(works: PagePlant, counter: Counter) -> None:
    register(works, counter)

    assert "labels-4.plant.example" not in counter.browser().get("/printers").text
    assert "labels-4.plant.example" not in counter.browser().get("/printers.csv").text
    assert "labels-4.plant.example" in counter.browser(works.admin).get("/printers").text


@pytest.mark.parametrize(
    ("says", "enabled", "word"),
    [
        (Standing(True, "Ready."), True, "Ready"),
        (Standing(False, "No paper: put new labels in."), True, "Not ready"),
        (Standing(True, "Ready."), False, "Switched off"),
    ],
)
def test_a_printer_says_how_it_is(works: PagePlant, counter: Counter, says: Standing, enabled: bool, word: str) -> None:
    key = register(works, counter, enabled=enabled)
    counter.engine.says = says

    part = counter.browser().get(f"/printers/{key}/standing").text

    assert word in part
    assert (says.text in part) is enabled


def test_a_replacement_is_wanted_printed_and_confirmed_on_the_cards_page(works: PagePlant, counter: Counter) -> None:
    key = register(works, counter, answers_status=False)
    counter.engine.ends = Sent(PrintState.ACCEPTED, 0, 1)
    body, erika = works.cards[0], counter.browser()
    address = f"/c/{CardCode(body, 1).text}"
    assert "Print a replacement" in erika.get(address).text

    assert erika.post(f"{address}/replace", reason="damaged", printer=str(key)).status_code == 303
    assert "Print 2 is on its way." in erika.get(address).text
    counter.app.state.central.printers.work_off()
    assert "I have it in my hand" in erika.get(address).text
    assert counter.get(f"/cards/{body}")["print_version"] == 1

    assert erika.post(f"{address}/paper", version="2").status_code == 303
    assert "Destroy this paper." in erika.get(address).text
    assert counter.get(f"/cards/{body}")["print_version"] == 2


def test_codes_of_others_are_added_and_taken_away_and_what_was_typed_survives(
    works: PagePlant, counter: Counter
) -> None:
    erika = counter.browser()
    first, other = (f"/c/{CardCode(body, 1).text}" for body in works.cards[:2])

    assert erika.post(f"{first}/aliases", text="80012345678").status_code == 303
    assert "80012345678" in erika.get(first).text
    twice = erika.post(f"{other}/aliases", text="80012345678")
    assert twice.status_code == 409
    assert 'value="80012345678"' in twice.text
    assert erika.post(f"{first}/aliases/remove", text="80012345678").status_code == 303

    assert "80012345678" not in erika.get(first).text
