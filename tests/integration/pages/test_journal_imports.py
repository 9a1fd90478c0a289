"""A dead terminal's journal, brought at the page and through the API; on both databases."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from journal_files import export, first_release, stored
from page_counter import Counter, Visit
from page_plant import PagePlant
from real_plant import until
from starlette.types import Message

from ekanban_central.shell import FILES
from ekanban_core.states import TerminalState

PATH = "/api/v1/imports/journal"


@pytest.fixture
def journal(works: PagePlant) -> bytes:
    """Three scans that never left the terminal at Line 4."""
    line4 = works.terminals[0]
    return export(line4, [line4.scan(body) for body in works.cards[:3]])


def upload(visit: Visit, content: bytes, name: str = "line4.jsonl", **form: str) -> Any:
    files = {"file": (name, content, "application/jsonl")}
    return visit.client.post("/terminals/import", data={"csrf": visit.csrf, **form}, files=files)


def shown(visit: Visit) -> list[str]:
    """What the page says of the newest imports."""
    part = visit.get("/terminals").text.partition('id="imports"')[2].partition("</ol>")[0]
    entries = re.findall(r'<li id="import-.*?(?=<li id="import-|$)', part, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<.*?>", " ", one.partition(">")[2])).strip() for one in entries]


def test_a_supervisor_brings_a_journal_and_sees_what_became_of_it(
    works: PagePlant, counter: Counter, journal: bytes
) -> None:
    visit = counter.browser()

    answer = upload(visit, journal)
    works.pass_s(1)
    again = upload(visit, journal)

    assert (answer.status_code, again.status_code) == (303, 303)
    assert re.fullmatch(r"/terminals#import-[0-9a-f-]{36}", answer.headers["location"])
    second, first = shown(visit)
    assert first.startswith("Taken in Line 4 line4.jsonl 1 s ago, Erika Muster")
    assert first.endswith("3 scans: 3 new; 3 orders opened.")
    assert second.endswith("3 scans: 0 new, 3 here already.")
    assert all(works.open_signal(body) for body in works.cards[:3])


def test_a_file_is_only_checked_where_that_is_wished(works: PagePlant, counter: Counter, journal: bytes) -> None:
    visit = counter.browser()

    upload(visit, journal, check="1")

    (told,) = shown(visit)
    assert told.startswith("Checked only Line 4")
    assert works.open_signal(works.cards[0]) is None


def test_of_a_journal_without_scans_the_page_says_that_there_were_none(works: PagePlant, counter: Counter) -> None:
    visit = counter.browser()

    upload(visit, export(works.terminals[0], []))

    (told,) = shown(visit)
    assert told.startswith("Taken in Line 4")
    assert told.endswith("0 scans: 0 new.")


def test_what_is_wrong_with_a_file_is_named_line_by_line(works: PagePlant, counter: Counter, journal: bytes) -> None:
    visit = counter.browser()
    lines = journal.splitlines()
    lines[2] = lines[2].replace(b'"intent":"empty"', b'"intent":"receive"')

    upload(visit, b"\n".join(lines), name='<script>alert("1")</script>\x01.jsonl')

    (told,) = shown(visit)
    assert told.startswith("Refused, nothing changed")
    assert told.endswith("Line 3: its checksum does not hold: it was changed, or copied badly")
    assert "<script>alert" not in visit.get("/terminals").text


def test_of_an_export_that_names_no_terminal_the_person_names_it(works: PagePlant, counter: Counter) -> None:
    line4, visit = works.terminals[0], counter.browser()
    content = first_release(line4, [line4.scan(works.cards[0])])

    upload(visit, content, terminal="")
    works.pass_s(1)
    upload(visit, content, terminal=str(line4.id))

    named, unnamed = shown(visit)
    assert "does not say whose journal it is" in unnamed
    assert named.startswith("Taken in Line 4")
    assert f'<option value="{line4.id}">Line 4</option>' in visit.get("/terminals").text


def test_without_a_file_the_page_says_what_to_choose(counter: Counter) -> None:
    visit = counter.browser()

    none = visit.post("/terminals/import")
    text = visit.post("/terminals/import", file="not a file")

    for answer in (none, text):
        assert answer.status_code == 422
        assert "Choose the file that the export has written." in answer.text


def test_a_viewer_sees_imports_and_brings_none(works: PagePlant, counter: Counter, journal: bytes) -> None:
    upload(counter.browser(), journal)
    viktor = counter.browser(works.viewer)

    assert len(shown(viktor)) == 1
    assert 'action="/terminals/import"' not in viktor.get("/terminals").text
    assert upload(viktor, journal).status_code == 403
    assert counter.program(works.viewer).post(PATH, content=journal).status_code == 403
    assert counter.stranger().post(PATH, content=journal).status_code == 401


def test_a_page_of_another_site_brings_none(works: PagePlant, counter: Counter, journal: bytes) -> None:
    visit = counter.browser()
    visit.client.headers["Origin"] = "https://evil.example"
    forged = upload(visit, journal)
    stale = upload(Visit(counter.browser().client, "stale"), journal)

    assert (forged.status_code, stale.status_code) == (403, 403)
    assert counter.get("/imports")["items"] == []


def test_a_program_imports_and_asks_what_became_of_it(works: PagePlant, counter: Counter, journal: bytes) -> None:
    answer = counter.api.post(PATH, params={"name": "line4.jsonl"}, content=journal)
    found = answer.json()
    listed = counter.get("/imports")

    assert answer.status_code == 202
    assert (found["state"], found["new"], found["repeated"], found["by"]) == ("done", 3, 0, "Erika Muster")
    assert (found["terminal"], found["outcomes"]) == (str(works.terminals[0].id), {"opened": 3})
    assert counter.get(f"/imports/{found['id']}") == found
    assert listed == {"items": [found], "next": None}
    assert counter.get(f"/imports/{works.terminals[0].id}", 404)["title"] == "Not Found"


def test_imports_are_listed_page_by_page(works: PagePlant, counter: Counter, journal: bytes) -> None:
    ids = []
    for _ in range(3):
        works.pass_s(1)
        ids.append(counter.api.post(PATH, content=journal).json()["id"])

    first = counter.get("/imports", limit=2)
    second = counter.get("/imports", limit=2, cursor=first["next"])

    assert [one["id"] for one in (*first["items"], *second["items"])] == ids
    assert second["next"] is None


def test_a_program_is_told_by_line_what_is_wrong(counter: Counter, journal: bytes) -> None:
    cut = counter.api.post(PATH, content=journal[:-20])
    other = counter.api.post(PATH, content=b"part;quantity\n")

    assert (cut.status_code, other.status_code) == (422, 422)
    assert cut.json()["errors"] == [
        {"where": "line 6", "what": "its checksum does not hold: it was changed, or copied badly"}
    ]
    assert other.json()["detail"].startswith("file: This is not the export of a terminal's journal.")


def test_a_program_checks_only_and_names_the_terminal(works: PagePlant, counter: Counter, journal: bytes) -> None:
    checked = counter.api.post(PATH, params={"dry_run": "true"}, content=journal)
    wrong = counter.api.post(PATH, params={"terminal": str(works.terminals[1].id)}, content=journal)

    assert (checked.json()["state"], checked.json()["new"]) == ("checked", 3)
    assert wrong.status_code == 422
    assert "another terminal" in wrong.json()["detail"]


def test_set_aside_scans_lead_to_the_review_desk(works: PagePlant, counter: Counter) -> None:
    stolen = works.terminal("Stolen", TerminalState.REVOKED)
    visit = counter.browser()

    upload(visit, export(stolen, [stored(stolen.scan(works.cards[0]))]))

    (told,) = shown(visit)
    assert told.endswith("1 scan: 1 new; 1 for the review desk .")
    desk = visit.get("/reviews").text
    assert "Scanned at a terminal that was revoked" in desk
    assert "an import of the terminal&#39;s journal" in desk


def test_what_can_be_read_of_a_damaged_scan_stands_on_the_review_desk(works: PagePlant, counter: Counter) -> None:
    line4 = works.terminals[0]
    visit = counter.browser()

    upload(visit, export(line4, [{"damaged": {"message": '{"raw":"N0sz\\xf5'}, "state": "waiting"}]))

    assert shown(visit)[0].endswith("1 scan: 1 new; 1 damaged on the disk.")
    desk = visit.get("/reviews").text
    assert "The terminal&#39;s disk has changed this scan" in desk
    assert "N0sz" in desk


def test_a_file_beyond_the_limit_is_refused(works: PagePlant, tmp_path: Path) -> None:
    counter = Counter(works, tmp_path, import_limit=65_536)
    try:
        for path in FILES:
            answer = counter.api.post(path, content=b"x" * 70_000)
            assert answer.status_code == 413, path
            assert "65536" in answer.text
        assert upload(counter.browser(), b"x" * 70_000).status_code == 413
    finally:
        counter.close()


def test_of_a_file_that_takes_long_the_answer_says_how_far_it_has_come(
    works: PagePlant, counter: Counter, journal: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    take = counter.app.state.central.imports._take

    def slowly(batch: Any) -> Any:
        assert go_on.wait(60)
        return take(batch)

    monkeypatch.setattr("ekanban_central.api.imports.WAIT_S", 0.2)
    monkeypatch.setattr(counter.app.state.central.imports, "_take", slowly)
    visit = counter.browser()

    begun = counter.api.post(PATH, content=journal)
    running = until(lambda: counter.get(f"/imports/{begun.json()['id']}")["state"] == "running", "it was read")
    behind = counter.api.post(PATH, content=journal)
    entries = shown(visit)
    go_on.set()
    ended = until(lambda: counter.get(f"/imports/{behind.json()['id']}")["state"] == "done", "both are done")

    assert (begun.status_code, behind.status_code) == (202, 202)
    assert running
    assert (begun.json()["state"] in ("reading", "running"), behind.json()["state"]) == (True, "waiting")
    assert sorted(one.split(" ")[0] for one in entries) == ["Is", "Waits"]
    assert "0 of 3 scans: 0 new." in " ".join(entries)
    assert ended
    assert counter.get(f"/imports/{begun.json()['id']}")["new"] == 3


@pytest.mark.parametrize("path", FILES)
def test_of_who_may_not_import_no_file_is_read(works: PagePlant, counter: Counter, path: str) -> None:
    session = works.session(works.viewer)
    read: list[None] = []

    async def receive() -> Message:
        read.append(None)
        return {"type": "http.request", "body": b"x" * 60_000, "more_body": True}

    def ask(*headers: tuple[bytes, bytes]) -> int:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
            "query_string": b"", "headers": [(b"host", b"central"), (b"content-length", b"400000000"), *headers],
            "server": ("central", 80), "client": ("10.0.0.9", 5000), "scheme": "http", "root_path": "",
        }  # fmt: skip
        asyncio.run(counter.app(scope, receive, send))
        return int(sent[0]["status"])

    stranger = ask((b"content-type", b"multipart/form-data; boundary=x"))
    viewer = ask((b"content-type", b"multipart/form-data; boundary=x"), (b"cookie", f"ekanban={session.word}".encode()))

    assert (stranger, viewer) == (401 if path.startswith("/api/") else 303, 403)
    assert read == []
