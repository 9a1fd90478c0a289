"""Parts, locations, loops and cards from CSV files, brought at the page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from page_counter import Counter, Visit
from page_desk import Seat
from page_plant import PagePlant
from playwright.sync_api import expect

PARTS = b"number;description;unit\r\nP-77;Gasket <b>50</b>;pcs\r\nP-78;Seal;pcs\r\n"


def bring(visit: Visit, content: bytes, kind: str = "parts", name: str = "parts.csv", **form: str) -> Any:
    files = {"file": (name, content, "text/csv")}
    return visit.client.post("/import", data={"csrf": visit.csrf, "kind": kind, **form}, files=files)


def shown(visit: Visit) -> list[str]:
    """What the page says of the newest imports."""
    part = visit.get("/import").text.partition('id="imports"')[2].partition("</ol>")[0]
    entries = re.findall(r'<li id="import-.*?(?=<li id="import-|$)', part, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<.*?>", " ", one.partition(">")[2])).strip() for one in entries]


def part_numbers(visit: Visit) -> set[str]:
    return {one["number"] for one in visit.get("/api/v1/parts").json()["items"]}


def test_a_supervisor_brings_a_list_and_sees_what_came_of_it(works: PagePlant, counter: Counter) -> None:
    visit = counter.browser()

    answer = bring(visit, PARTS)
    works.pass_s(1)
    bring(visit, PARTS)

    assert re.fullmatch(r"/import\?kind=parts#import-[0-9a-f-]{36}", answer.headers["location"])
    again, first = shown(visit)
    assert first.startswith("Taken in Parts parts.csv 1 s ago, Erika Muster")
    assert first.endswith("2 rows: 2 new parts.")
    assert again.endswith("2 rows: 2 as before.")
    assert {"P-77", "P-78"} <= part_numbers(visit)


def test_a_list_is_only_checked_where_that_is_wished(works: PagePlant, counter: Counter) -> None:
    visit = counter.browser()

    bring(visit, PARTS, check="1")

    (told,) = shown(visit)
    assert told.startswith("Checked only Parts")
    assert told.endswith("2 rows: 2 new parts.")
    assert "P-77" not in part_numbers(visit)


def test_all_that_is_wrong_is_named_by_line_and_column_and_nothing_is_taken_in(
    works: PagePlant, counter: Counter
) -> None:
    visit = counter.browser()
    rows = b"number;description\r\nP-79;good\r\n;no number\r\nP-79;again <script>alert(1)</script>\r\n"

    bring(visit, rows, name='<script>alert("1")</script>\x01.csv')

    (told,) = shown(visit)
    assert told.startswith("Refused, nothing changed Parts")
    assert "Line 3, number: this value is missing" in told
    assert "Line 4, number: this stands on line 2 already" in told
    assert "<script>alert" not in visit.get("/import").text
    assert "P-79" not in part_numbers(visit)


@pytest.mark.parametrize("kind", ["", "journal", "people"])
def test_without_a_file_or_its_kind_the_page_says_what_to_choose(counter: Counter, kind: str) -> None:
    visit = counter.browser()

    for answer in (visit.post("/import", kind="parts"), bring(visit, PARTS, kind=kind)):
        assert answer.status_code == 422
        assert "Choose a file, and say what it holds." in answer.text


def test_a_viewer_sees_what_was_imported_and_brings_nothing(works: PagePlant, counter: Counter) -> None:
    bring(counter.browser(), PARTS)
    viktor = counter.browser(works.viewer)

    assert bring(viktor, PARTS).status_code == 403
    assert 'name="file"' not in viktor.get("/import").text
    assert len(shown(viktor)) == 1


@pytest.mark.needs("chromium")
def test_somebody_imports_a_list_in_a_browser(erika: Seat) -> None:
    page = erika.open("/loops")
    page.get_by_role("link", name="Import").click()
    page.get_by_label("Locations").check()
    page.get_by_label("The CSV file").set_input_files(
        {"name": "places.csv", "mimeType": "text/csv", "buffer": b"name,kind\nHall 9,line\n"}
    )
    page.get_by_role("button", name="Import the list").click()

    expect(page.locator("#imports li").first).to_contain_text("1 new location")
    expect(page.get_by_label("Locations")).to_be_checked()
