"""Copies of cards for programs and the command line: as the paper in use looks, marked, and never a print."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import zxingcpp
from page_counter import Counter
from page_plant import PagePlant
from PIL import Image, ImageChops
from thread_server import serving
from typer.testing import CliRunner, Result

import ekanban_labels
from ekanban_central import aliases
from ekanban_central.api.cards_render import MOST, MOST_PICTURES
from ekanban_central.inputs import NewCards, NewLocation, NewLoop, NewPart, NewSite
from ekanban_central.labels_engine import LAYOUTS, LabelsEngine
from ekanban_central.ledger import SYSTEM
from ekanban_central.master import (
    Desk,
    create_cards,
    create_location,
    create_loop,
    create_part,
    create_site,
)
from ekanban_cli.main import app
from ekanban_core.card_code import CardCode
from ekanban_core.states import LocationKind, LoopKind

on_sqlite = pytest.mark.parametrize("works", ["sqlite"], indirect=True)  # what has nothing to do with databases
BAND = (0, 30, 840, 100)  # of the layout a7 at 203 dpi: where the word stands, in dots


@pytest.fixture(scope="module")
def counter(works: PagePlant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """Central with a printer "Folder", and a layout of its own that shows no kind."""
    data = tmp_path_factory.mktemp("central")
    (data / LAYOUTS).mkdir()
    (data / LAYOUTS / "own.toml").write_text(without_kind())
    counter = Counter(works, data, engine=LabelsEngine(data), base_url="https://kanban.example")
    printer = {"name": "Folder", "way": "file", "address": str(tmp_path_factory.mktemp("out")), "dialect": "pdf"}
    assert counter.program(works.admin).post("/api/v1/printers", json=printer).status_code == 201
    yield counter
    counter.close()


def without_kind() -> str:
    """A layout as somebody might make it who thinks that colours and kinds are not needed."""
    lines = (Path(ekanban_labels.__path__[0]) / "layouts/99x38.toml").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("band =") and "white" not in line)


@pytest.fixture(scope="module")
def central(counter: Counter) -> Iterator[str]:
    with serving(counter.app) as (port, _server):
        yield f"http://127.0.0.1:{port}"


def print_now(counter: Counter, body: str) -> None:
    queue(counter, body)
    counter.app.state.central.printers.work_off()


def queue(counter: Counter, body: str) -> None:
    counter.post("/cards/print", 202, cards=[body], reason="damaged", request_id=str(uuid4()))


def copied(counter: Counter, *cards: str, **more: Any) -> list[Any]:
    answer = counter.post("/cards/render", form="png", cards=cards, **more)
    return [Image.open(BytesIO(b64decode(file))).convert("L") for file in answer["files"]]


def carried(picture: Any) -> set[str]:
    return {one.text.removeprefix("15K").rpartition("/")[2] for one in zxingcpp.read_barcodes(picture)}


def without_band(picture: Any) -> Any:
    picture = picture.copy()
    picture.paste(255, BAND)
    return picture


def test_a_copy_looks_like_its_paper_but_for_the_word_on_the_band(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    seen = counter.api.get("/api/v1/cards/preview", params={"code": body, "form": "png", "layout": "a7"})
    print_now(counter, body)

    (copy,) = copied(counter, body)

    paper = Image.open(BytesIO(seen.content)).convert("L")
    assert ImageChops.difference(without_band(copy), without_band(paper)).getbbox() is None
    assert ImageChops.difference(copy, paper).getbbox() is not None
    assert carried(copy) == {CardCode(body, 2).text}


def test_a_copy_carries_the_version_in_use_while_a_newer_print_is_on_its_way(
    works: PagePlant, counter: Counter
) -> None:
    body = works.cards[1]
    queue(counter, body)

    (before,) = copied(counter, body)
    counter.app.state.central.printers.work_off()
    (after,) = copied(counter, body)

    assert [carried(before), carried(after)] == [{CardCode(body, 1).text}, {CardCode(body, 2).text}]


def test_a_copy_is_no_print(works: PagePlant, counter: Counter) -> None:
    body = works.cards[2]
    before = counter.get(f"/cards/{body}"), counter.get("/print-jobs")

    copied(counter, body, CardCode(body, 1).shown)

    assert (counter.get(f"/cards/{body}"), counter.get("/print-jobs")) == before


def test_the_copy_of_an_old_quantity_shows_the_old_quantity(works: PagePlant, counter: Counter) -> None:
    kept, other = works.cards[3:5]
    print_now(counter, kept)
    (before,) = copied(counter, kept)
    assert counter.api.patch(f"/api/v1/loops/{works.loops[1]}", json={"quantity": 77}).status_code == 200

    answer = counter.post("/cards/render", form="png", cards=[kept])
    (after,) = copied(counter, kept)
    unknown = counter.post("/cards/render", 422, cards=[other])  # nobody knows what its paper shows

    assert (answer["cards"][0]["stale"], answer["cards"][0]["exact"]) == (True, True)
    assert ImageChops.difference(before, after).getbbox() is None
    assert "old quantity" in unknown["errors"][0]["what"]


def test_cards_without_a_paper_in_use_are_all_named_with_what_to_do(works: PagePlant, counter: Counter) -> None:
    retired, lost, fine = works.cards[6:9]
    counter.post(f"/cards/{retired}/retire", reason="Loop is given up", cancel=True)
    counter.post(f"/cards/{lost}/lost", reason="Not at its place")
    (draft,) = counter.post("/cards", 201, loop_id=str(works.loops[4]))["items"]

    refused = counter.post(
        "/cards/render", 422, cards=["00000000", "7K3QM9X201CE", retired, lost, draft["body"], fine]
    )  # fmt: skip

    said = [(one["where"], one["what"]) for one in refused["errors"]]
    assert refused["title"] == "Nothing was drawn"
    assert dict(said) == {
        "7K3QM9X201CE": "Not a card code: check characters are CE, expected CF",
        "00000000": "There is no such card.",
        retired: "This card is retired, its papers are worthless. Make a new card of its loop.",
        lost: "This card is reported lost, nobody has its paper. Print it anew, as lost.",
        draft["body"]: "This card has no paper in use that could be copied. Print it first.",
    }


def ways_to_write(body: str) -> list[str]:
    code = CardCode(body, 1)
    return [body, f"{body[:4]}-{body[4:]}".lower(), code.shown.lower(), *code.written[2:],
            f"https://kanban.example/c/{code.text}", f"]C015K{code.text}"]  # fmt: skip


def test_a_card_is_named_as_people_type_and_scanners_write_it(works: PagePlant, counter: Counter) -> None:
    body = works.cards[15]
    ways = ways_to_write(body)

    drawn = [counter.post("/cards/render", cards=[way])["cards"][0]["code"] for way in ways]
    together = counter.post("/cards/render", cards=ways)["cards"]

    assert set(drawn) == {CardCode(body, 1).shown}
    assert len(together) == 1


def test_the_same_ways_name_a_card_to_print_and_to_act_on(works: PagePlant, counter: Counter) -> None:
    body = works.cards[16]
    counter.post(f"/cards/{body}/aliases", 201, text="SAP 4500017")

    for way in [*ways_to_write(body), "SAP 4500017"]:
        job = counter.post("/cards/print", 202, cards=[way], reason="damaged", request_id=str(uuid4()))
        assert job["total"] == 1, way
    for way in ways_to_write(body):
        if "/" not in way:
            assert counter.get(f"/cards/{way}")["body"] == body, way


def test_a_command_card_names_no_card_although_its_letters_could(counter: Counter) -> None:
    refused = counter.post("/cards/render", 422, cards=["EKC-EMPTY"])

    assert refused["errors"][0]["what"] == "This is a command card, it names no card."


def test_a_foreign_code_names_its_card(works: PagePlant, counter: Counter) -> None:
    body = works.cards[9]
    counter.post(f"/cards/{body}/aliases", 201, text="00012345678")

    answer = counter.post("/cards/render", cards=["00012345678", body])

    assert [(one["asked"], one["code"]) for one in answer["cards"]] == [("00012345678", CardCode(body, 1).shown)]


def test_a_foreign_code_that_looks_like_a_card_code_names_its_card(works: PagePlant, counter: Counter) -> None:
    counter.post(f"/cards/{works.cards[9]}/aliases", 201, text="7K3QM9X201CF")

    (copy,) = counter.post("/cards/render", cards=["7K3QM9X201CF"])["cards"]

    assert copy["code"] == CardCode(works.cards[9], 1).shown


def test_a_card_of_another_plant_is_not_drawn_by_whatever_name(works: PagePlant, counter: Counter) -> None:
    with works.database.transaction() as connection:
        desk = Desk(connection, 0, SYSTEM, works.now, works.random)
        create_site(desk, NewSite(code="other", name="Other"))
        for name in ("A", "B"):
            create_location(desk, NewLocation(name=name, kind=LocationKind.LINE))
        create_part(desk, NewPart(number="of-other"))
        new = NewLoop(part="of-other", source="A", destination="B", kind=LoopKind.WITHDRAWAL, quantity=1, lead_time_s=1)
        (theirs,) = create_cards(desk, create_loop(desk, new), NewCards(printed=True))
        aliases.add(desk, theirs, "OF-OTHER")

    refused = counter.post("/cards/render", 422, cards=[theirs, "OF-OTHER"])

    assert [(one["where"], one["what"]) for one in refused["errors"]] == [(theirs, "There is no such card.")]


def test_a_layout_on_which_nobody_would_see_the_word_is_refused(works: PagePlant, counter: Counter) -> None:
    refused = counter.post("/cards/render", 422, cards=[works.cards[9]], layout="own")

    assert "does not show the loop's kind" in refused["detail"]


def test_who_may_only_look_gets_no_copies(works: PagePlant, counter: Counter) -> None:
    viewer = counter.program(works.viewer)

    assert viewer.post("/api/v1/cards/render", json={"cards": [works.cards[0]]}).status_code == 403


def ekanban(central: str, counter: Counter, *words: str, token: str = "") -> Result:
    known = token or counter.plant.token(counter.plant.person)
    return CliRunner().invoke(app, ["cards", "render", "--central", central, "--token", known, *words])


def many(count: int) -> list[str]:
    return [f"{number:08}" for number in range(count)]


@on_sqlite
def test_the_command_writes_files_of_every_form(
    works: PagePlant, counter: Counter, central: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cards = works.cards[9:12]

    done = {form: ekanban(central, counter, *cards, "--to", f"c{form}", "--json") for form in (".pdf", ".zpl", ".png")}
    sheet = ekanban(central, counter, *cards, "--to", "sheet.svg", "--sheet", "a4-a7", "--layout", "a7")

    assert {form: one.exit_code for form, one in done.items()} == {".pdf": 0, ".zpl": 0, ".png": 0}, done[".pdf"].stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "c-1.png", "c-2.png", "c-3.png", "c.pdf", "c.zpl", "sheet.svg",
    ]  # fmt: skip
    assert Path("c.pdf").read_bytes().count(b"/Type /Page\n") == 3
    assert Path("c.zpl").read_bytes().count(b"^XA") == 3
    told = json.loads(done[".png"].stdout)
    assert [one["code"] for one in told["cards"]] == [CardCode(body, 1).shown for body in cards]
    assert carried(Image.open("c-2.png")) == {CardCode(cards[1], 1).text}
    assert sheet.stdout.startswith("sheet.svg: copies of cards: 3.")
    assert "it did not print this paper itself" in sheet.stdout


@on_sqlite
def test_a_refused_command_writes_nothing_and_says_why(
    works: PagePlant, counter: Counter, central: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    body = works.cards[9]
    viewer, nobody = counter.plant.token(works.viewer), "x" * 40
    tries = [
        (ekanban(central, counter, body, "00000000"), "00000000: There is no such card."),
        (ekanban(central, counter, body, token=viewer), "supervisor"),
        (ekanban(central, counter, body, token=nobody), "Central refuses"),
        (ekanban(central, counter, body, "--token", ""), "give it with --token, or in EKANBAN_TOKEN"),
        (ekanban(central, counter, body, "--token", "ü"), "give it with --token, or in EKANBAN_TOKEN"),
        (ekanban("http://127.0.0.1:9", counter, body), "Central does not answer at http://127.0.0.1:9"),
        (ekanban(central, counter, body, "--rules", "rules.toml"), "--rules: only with --from FILE.csv"),
        (ekanban(central, counter, body, "--duplex", "short"), "long edge"),
        (ekanban(central, counter, body, "--to", "card.docx"), "ends in"),
        (ekanban(central, counter, body, "--to", "none/card.pdf"), "cannot be written"),
        (ekanban(central, counter, body, "--layout", "own"), "kind"),
        (ekanban(central, counter, *many(MOST + 1)), f"At most {MOST} cards become one file, got {MOST + 1}"),
        (
            ekanban(central, counter, *many(MOST_PICTURES + 1), "--to", "x.png", "--sheet", "a4-a7"),
            f"At most {MOST_PICTURES} cards become one file, got {MOST_PICTURES + 1}",
        ),
        (ekanban(central, counter, *many(MOST_PICTURES + 1), "--to", "x.png"), "There is no such card"),
    ]

    assert [(done.exit_code, told in done.stderr) for done, told in tries] == [(1, True)] * len(tries), [
        done.stderr for done, _told in tries
    ]
    assert json.loads(ekanban(central, counter, "00000000", "--json").stderr)["error"].startswith("Central refuses")
    assert ekanban(central, counter, body, "--dip", "203").exit_code == 2
    assert list(tmp_path.iterdir()) == []
