"""Printing for programs, with cards that are really drawn, into a folder and onto a label printer of software."""

from __future__ import annotations

import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from page_counter import Counter
from page_plant import PagePlant
from PIL import Image

from ekanban_central.labels_engine import LabelsEngine
from ekanban_core.card_code import CardCode
from ekanban_labels.printers.simulated import LabelPrinter, SimulatedPrinter


@pytest.fixture(scope="module")
def folder(works: PagePlant, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the printer "Folder" puts its paper; another one for each plant, because their jobs have the same ids."""
    return tmp_path_factory.mktemp("printed")


@pytest.fixture(scope="module")
def counter(works: PagePlant, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    data = tmp_path_factory.mktemp("central")
    counter = Counter(works, data, engine=LabelsEngine(data), base_url="https://kanban.example")
    register(counter, name="Folder", way="file", address=str(folder), dialect="pdf", sheet="a4-a7")
    yield counter
    counter.close()


@pytest.fixture
def labels(counter: Counter) -> Iterator[LabelPrinter]:
    """The label printer "Zebra"; gone after the test."""
    engine = LabelPrinter()
    with SimulatedPrinter(engine) as simulated:
        found = register(counter, name="Zebra", way="raw", address=simulated.address, dialect="zpl", layout="99x68")
        yield engine
    admin = counter.program(counter.plant.admin)
    assert admin.delete(f"/api/v1/printers/{found['id']}").status_code == 204


def register(counter: Counter, expected: int = 201, **values: Any) -> Any:
    answer = counter.program(counter.plant.admin).post("/api/v1/printers", json=values)
    assert answer.status_code == expected, answer.text
    return answer.json()


def print_wish(**values: Any) -> dict[str, Any]:
    return {"printer": "Folder", "request_id": str(uuid4()), **values}


def send(counter: Counter) -> int:
    return counter.app.state.central.printers.work_off()


def version(counter: Counter, body: str) -> int:
    return int(counter.get(f"/cards/{body}")["print_version"])


def test_cards_come_on_paper_and_the_job_says_so(works: PagePlant, counter: Counter, folder: Path) -> None:
    bodies = works.cards[:9]

    made = counter.post("/cards/print", 202, **print_wish(cards=bodies, reason="damaged"))
    send(counter)
    job = counter.get(f"/print-jobs/{made['id']}")

    assert (made["state"], made["total"], made["by"], made["reason"]) == ("queued", 9, "Erika Muster", "damaged")
    assert (job["state"], job["printed"], job["sheet"], job["layout"]) == ("done", 9, "a4-a7", "a7")
    assert [item["code"] for item in job["items"]] == [CardCode(body, 2).shown for body in bodies]
    assert {item["state"] for item in job["items"]} == {"out"}
    (paper,) = folder.glob(f"*{made['id']}*.pdf")
    assert paper.read_bytes().startswith(b"%PDF")
    assert paper.read_bytes().count(b"/Type /Page\n") == 2


def test_new_cards_of_a_loop_are_printed_on_labels(works: PagePlant, counter: Counter, labels: LabelPrinter) -> None:
    loop = str(works.loops[3])

    job = counter.post("/cards/print", 202, **print_wish(loop_id=loop, count=3, printer="Zebra"))
    send(counter)

    assert counter.get(f"/print-jobs/{job['id']}")["state"] == "done"
    assert labels.count == 3
    cards = counter.get("/cards", loop_id=loop)["items"]
    assert sorted((card["number"], card["state"], card["print_version"]) for card in cards)[3:] == [
        (4, "active", 1), (5, "active", 1), (6, "active", 1),
    ]  # fmt: skip


def test_a_card_is_replaced_and_a_double_click_changes_nothing(works: PagePlant, counter: Counter) -> None:
    body, wish = works.cards[9], {"reason": "lost", "printer": "Folder", "request_id": str(uuid4())}

    first = counter.post(f"/cards/{body}/replace", 202, **wish)
    second = counter.post(f"/cards/{body}/replace", 202, **wish)
    assert version(counter, body) == 1
    send(counter)

    assert first["id"] == second["id"]
    assert version(counter, body) == 2
    works.scan(body)
    assert works.open_signal(body) is None  # the old print is worthless


def test_a_wish_without_an_id_that_is_sent_twice_is_one_job(works: PagePlant, counter: Counter) -> None:
    body = works.cards[10]
    again = f"/print-jobs/{counter.post('/cards/print', 202, cards=[body], printer='Folder')['id']}/reprint"
    send(counter)
    ways: list[tuple[str, dict[str, Any]]] = [
        ("/cards/print", {"cards": [body], "printer": "Folder", "reason": "damaged"}),
        (f"/cards/{body}/replace", {"reason": "lost", "printer": "Folder"}),
        (again, {}),
    ]

    for path, wish in ways:
        assert counter.post(path, 202, **wish)["id"] == counter.post(path, 202, **wish)["id"]
        send(counter)
    assert version(counter, body) == 5


def test_a_printer_without_paper_says_what_to_do_and_goes_on(
    works: PagePlant, counter: Counter, labels: LabelPrinter
) -> None:
    bodies = works.cards[12:15]
    labels.put_paper_in(1)
    job = counter.post("/cards/print", 202, **print_wish(cards=bodies, printer="Zebra"))
    workers = counter.app.state.central.printers
    workers.start()
    try:
        waits = _until(counter, job["id"], lambda found: "no labels" in found["message"])
        before = [version(counter, body) for body in bodies]
        labels.put_paper_in()
        done = _until(counter, job["id"], lambda found: found["state"] == "done")
    finally:
        workers.stop()

    assert (waits["state"], sum(before)) == ("sending", 3 + waits["printed"])
    assert (done["printed"], done["message"]) == (3, "All cards are out.")
    assert [version(counter, body) for body in bodies] == [2, 2, 2]


def _until(counter: Counter, job: str, holds: Any) -> Any:
    until = time.monotonic() + 60
    while not holds(found := counter.get(f"/print-jobs/{job}")):
        assert time.monotonic() < until, found
        time.sleep(0.02)
    return found


def test_cards_that_do_not_fit_are_refused_before_anything_is_stored(works: PagePlant, counter: Counter) -> None:
    part = counter.get("/parts", number="LBL-300")["items"][0]
    counter.api.patch(f"/api/v1/parts/{part['id']}", json={"description": "W" * 200})
    before = len(counter.get("/print-jobs")["items"])
    (body, *_) = [card["body"] for card in counter.get("/cards", part="LBL-300")["items"]]

    problem = counter.post(
        "/cards/print", 422, **print_wish(cards=[body], layout="credit-card", sheet="a4-credit-card")
    )

    assert problem["title"] == "Nothing was printed"
    assert problem["errors"][0]["where"].startswith(CardCode(body, 2).shown)
    assert "does not fit" in problem["detail"] or "long" in problem["detail"]
    assert len(counter.get("/print-jobs")["items"]) == before
    assert version(counter, body) == 1


@pytest.mark.parametrize(
    ("wish", "status", "says"),
    [
        ({"cards": ["00000000"]}, 422, "There is no card 00000000"),
        ({"cards": ["7K3QM9X201CE"]}, 422, "check characters"),
        ({"cards": []}, 422, "either cards, or loop_id"),
        ({"cards": ["7K3QM9X2"], "loop_id": str(uuid4()), "count": 1}, 422, "either cards, or loop_id"),
        ({"loop_id": str(uuid4())}, 422, "go together"),
        ({"loop_id": str(uuid4()), "count": 1}, 422, "There is no loop"),
        ({"loop_id": str(uuid4()), "count": 1_001}, 422, "count"),
        ({"cards": ["7K3QM9X2"], "printer": "ipp://evil.example"}, 422, "There is no printer"),
        ({"cards": ["7K3QM9X2"], "address": "10.0.0.1:9100"}, 422, "address"),
        ({"cards": ["{0.__class__}"]}, 422, "characters expected"),
    ],
)
def test_a_wrong_wish_is_refused_in_words(counter: Counter, wish: dict[str, Any], status: int, says: str) -> None:
    assert says in counter.post("/cards/print", status, **print_wish(**wish))["detail"]


def test_a_layout_or_sheet_that_is_none_is_refused(works: PagePlant, counter: Counter) -> None:
    for wish in ({"layout": "a3000"}, {"sheet": "../../etc/passwd"}, {"skip": 8}, {"duplex": True, "layout": "99x38"}):
        assert counter.post("/cards/print", 422, **print_wish(cards=works.cards[:1], **wish))["detail"]


def test_a_preview_shows_the_next_print_and_makes_none(works: PagePlant, counter: Counter) -> None:
    body = works.cards[20]
    shown = CardCode(body, version(counter, body) + 1)

    drawn = {
        form: counter.api.get("/api/v1/cards/preview", params={"code": body, "printer": "Folder", "form": form})
        for form in ("svg", "png", "pdf")
    }

    assert {form: answer.headers["content-type"] for form, answer in drawn.items()} == {
        "svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf",
    }  # fmt: skip
    assert f'aria-label="{shown.shown}"' in drawn["svg"].text
    assert f'aria-label="https://kanban.example/c/{shown.text}"' in drawn["svg"].text
    assert "sandbox" in drawn["svg"].headers["content-security-policy"]
    assert Image.open(BytesIO(drawn["png"].content)).size > (800, 500)
    assert drawn["pdf"].content.startswith(b"%PDF")
    assert counter.get(f"/cards/{body}")["print_version"] == shown.version - 1
    assert len(counter.get("/print-jobs", state="queued")["items"]) == 0
    loop = {"loop_id": str(works.loops[0]), "printer": "Folder"}
    assert counter.api.get("/api/v1/cards/preview", params=loop).status_code == 200
    assert counter.api.get("/api/v1/cards/preview", params={"code": "00000000"}).status_code == 404
    assert counter.api.get("/api/v1/cards/preview").status_code == 422


def test_a_part_has_a_picture_on_its_cards(works: PagePlant, counter: Counter) -> None:
    part = counter.get("/parts", number="X77120")["items"][0]
    (body, *_) = [card["body"] for card in counter.get("/cards", part="X77120")["items"]]
    content = BytesIO()
    Image.new("RGB", (40, 30), "navy").save(content, "PNG")
    picture = f"/api/v1/parts/{part['id']}/picture"

    brought = counter.api.put(picture, content=content.getvalue(), headers={"Content-Type": "image/png"})
    kept = counter.api.get(picture)
    with_it = counter.api.get(
        "/api/v1/cards/preview", params={"code": body, "printer": "Folder", "layout": "a6", "sheet": "a4-a6"}
    )
    removed = counter.api.delete(picture)

    assert (brought.status_code, kept.headers["content-type"], removed.status_code) == (204, "image/png", 204)
    assert Image.open(BytesIO(kept.content)).size == (40, 30)
    assert "<image " in with_it.text
    assert counter.api.get(picture).status_code == 404
    for wrong in (b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 20, content.getvalue()[:-20]):
        assert counter.api.put(picture, content=wrong, headers={"Content-Type": "image/png"}).status_code == 422
    assert counter.api.put(picture, content=b"x" * 5_000_001).status_code == 413


def test_a_job_keeps_the_picture_that_it_was_made_with(works: PagePlant, counter: Counter, folder: Path) -> None:
    part = counter.get("/parts", number="50-331-A")["items"][0]
    (body, *_) = [card["body"] for card in counter.get("/cards", part="50-331-A")["items"]]
    content = BytesIO()
    Image.new("RGB", (40, 30), "navy").save(content, "PNG")
    counter.api.put(f"/api/v1/parts/{part['id']}/picture", content=content.getvalue())
    wish = print_wish(cards=[body], layout="a6", sheet="a4-a6")
    job = counter.post("/cards/print", 202, **wish)
    counter.api.delete(f"/api/v1/parts/{part['id']}/picture")
    send(counter)

    (paper,) = folder.glob(f"*{job['id']}*.pdf")
    assert b"/Subtype /Image" in paper.read_bytes()


def test_jobs_are_listed_newest_first_and_led_on(works: PagePlant, counter: Counter) -> None:
    works.pass_s(1)
    first = counter.post("/cards/print", 202, **print_wish(cards=works.cards[24:26]))
    works.pass_s(1)
    second = counter.post("/cards/print", 202, **print_wish(cards=works.cards[24:26]))

    page = counter.get("/print-jobs", limit=1)
    assert page["items"][0]["id"] == second["id"]
    assert counter.get("/print-jobs", limit=1, cursor=page["next"])["items"][0]["id"] == first["id"]
    assert counter.post(f"/print-jobs/{first['id']}/cancel")["state"] == "cancelled"
    assert "waits" in counter.post(f"/print-jobs/{first['id']}/cancel", 409)["detail"]
    counter.post(f"/print-jobs/{second['id']}/confirm", 409)
    send(counter)
    assert [job["id"] for job in counter.get("/print-jobs", state="cancelled", printer="Folder")["items"]] == [
        first["id"]
    ]
    request = {"first": 2, "last": 2, "request_id": str(uuid4())}
    again = counter.post(f"/print-jobs/{second['id']}/reprint", 202, **request)
    assert counter.post(f"/print-jobs/{second['id']}/reprint", 202, **request)["id"] == again["id"]
    assert (again["total"], again["repeats"]) == (1, second["id"])
    counter.post(f"/print-jobs/{second['id']}/reprint", 422, first=3)
    counter.post(f"/print-jobs/{uuid4()}/cancel", 404)
    send(counter)
    assert version(counter, works.cards[25]) == 4


def test_printers_are_the_administrators(works: PagePlant, counter: Counter, folder: Path) -> None:
    found = register(counter, name="Second", way="ipp", address="ipp://printer.example", dialect="pdf")
    path = f"/api/v1/printers/{found['id']}"
    admin, viewer = counter.program(works.admin), counter.program(works.viewer)

    assert found["address"] == "ipp://printer.example:631/ipp/print"
    assert counter.api.get(path).json()["address"] is None
    assert viewer.get("/api/v1/printers").status_code == 200
    assert counter.api.patch(path, json={"name": "Mine"}).status_code == 403
    assert counter.api.delete(path).status_code == 403
    assert admin.patch(path, json={"name": "Folder"}).status_code == 409
    assert admin.patch(path, json={"layout": "a3000"}).status_code == 422
    assert admin.patch(path, json={"way": "raw"}).status_code == 422
    assert admin.patch(path, json={"terminal_id": str(uuid4())}).status_code == 422
    assert admin.patch(path, json={"enabled": False, "dpi": 300}).json()["dpi"] == 300
    assert (
        "switched off"
        in counter.post("/cards/print", 422, **print_wish(cards=works.cards[:1], printer="Second"))["detail"]
    )
    assert admin.delete(path).status_code == 204
    assert counter.api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("way", "address"),
    [
        ("ipp", "http://printer/ipp"), ("ipp", "ipp://169.254.169.254/"), ("raw", "printer; rm -rf /"),
        ("raw", "169.254.169.254"), ("cups", "-o raw"), ("file", "cards"), ("file", "/var/../etc"), ("cups", ""),
    ],
)  # fmt: skip
def test_an_address_that_no_printer_has_is_refused(counter: Counter, way: str, address: str) -> None:
    dialect = "zpl" if way == "raw" else "pdf"
    problem = register(counter, 422, name="Bad", way=way, address=address, dialect=dialect)

    assert problem["detail"]


def test_a_printer_with_jobs_is_not_taken_off_the_list(works: PagePlant, counter: Counter, folder: Path) -> None:
    found = register(counter, name="Busy", way="file", address=str(folder), dialect="pdf")
    job = counter.post("/cards/print", 202, **print_wish(cards=works.cards[:1], printer="Busy"))
    admin = counter.program(works.admin)

    refused = admin.delete(f"/api/v1/printers/{found['id']}")
    assert counter.api.get(f"/api/v1/printers/{found['id']}").json()["waiting"] == 1
    send(counter)
    removed = admin.delete(f"/api/v1/printers/{found['id']}")

    assert (refused.status_code, removed.status_code) == (409, 204)
    left = counter.get(f"/print-jobs/{job['id']}")
    assert (left["printer"], left["printer_id"], left["state"]) == ("Busy", None, "done")


def test_a_printer_has_a_name(counter: Counter, folder: Path) -> None:
    register(counter, 422, name="  ", way="file", address=str(folder), dialect="pdf")


def test_who_prints_in_another_way_is_told_the_right_one(counter: Counter) -> None:
    assert counter.api.delete("/api/v1/cards/print").headers["Allow"] == "POST"


def test_a_printer_is_asked_how_it_is(counter: Counter, labels: LabelPrinter) -> None:
    (found,) = [one for one in counter.get("/printers")["items"] if one["name"] == "Zebra"]

    ready = counter.post(f"/printers/{found['id']}/check")
    labels.trouble("head_up")
    open_head = counter.post(f"/printers/{found['id']}/check")

    assert ready["ready"] is True
    assert (open_head["ready"], "head is open" in open_head["message"]) == (False, True)


def test_a_viewer_prints_nothing(works: PagePlant, counter: Counter) -> None:
    viewer = counter.program(works.viewer)

    assert viewer.post("/api/v1/cards/print", json=print_wish(cards=works.cards[:1])).status_code == 403
    assert viewer.post(f"/api/v1/cards/{works.cards[0]}/replace", json={"reason": "lost"}).status_code == 403
    assert viewer.get("/api/v1/cards/preview", params={"code": works.cards[0]}).status_code == 403


def test_an_address_for_cards_is_one_that_phones_can_open(works: PagePlant, counter: Counter) -> None:
    admin, path = counter.program(works.admin), f"/api/v1/sites/{works.site_id}"

    for wrong in (
        "kanban.example",
        "ftp://kanban.example",
        "https://a:b@kanban.example",
        "https://kanban.example/?a=b",
    ):
        assert admin.patch(path, json={"base_url": wrong}).status_code == 422, wrong
    assert admin.patch(path, json={"base_url": "http://127.0.0.1:8000"}).status_code == 200
    problem = counter.post("/cards/print", 409, **print_wish(cards=works.cards[:1]))
    assert admin.patch(path, json={"base_url": ""}).json()["base_url"] == ""

    assert "http://127.0.0.1:8000" in problem["detail"]
