"""Cards printed by central's API on real printers: paper is valid when it is out, and nothing is sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest
from fake_label_printer import FakePrinter
from real_plant import until
from real_print_plant import PrintPlant, print_plant

from ekanban_core.card_code import CardCode
from ekanban_labels.printers import Dialect, Printer, Way

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.needs("ippeveprinter", "cupsd", "ip", "gcc", "mount", "pdftoppm"),
]
Start: TypeAlias = Callable[[PrintPlant, str], Printer]


def over_ipp(plant: PrintPlant, hands: str) -> Printer:
    return plant.hall.ipp_printer(hands)


def through_cups(plant: PrintPlant, hands: str) -> Printer:
    direct = plant.hall.ipp_printer(hands)
    plant.hall.cups(office=direct.address)
    return replace(plant.hall.queue("office", Dialect.PDF), name="cards", dpi=600)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[PrintPlant]:
    with print_plant(tmp_path) as made:
        yield made


@pytest.mark.parametrize("start", [over_ipp, through_cups])
def test_paper_becomes_valid_when_it_is_out(plant: PrintPlant, start: Start) -> None:
    plant.register(start(plant, plant.hands))
    body = plant.cards[0]

    made = plant.print(body)
    until(lambda: plant.has_begun, "the printer has the document")
    sending = plant.job(made)
    before = plant.versions(body)
    plant.go()
    done = plant.ended(made)

    assert (made["state"], sending["state"], done["state"]) == ("queued", "sending", "done")
    assert (sending["printed"], done["printed"], done["message"]) == (0, 1, "All cards are out.")
    assert (before, plant.versions(body)) == ((1, 2), (2, None))
    assert plant.papers == [{CardCode(body, 2).text}]


def test_a_scan_of_the_old_paper_orders_until_the_new_one_is_out(plant: PrintPlant) -> None:
    plant.register(over_ipp(plant, plant.hands))
    first, second, *_ = plant.cards
    with plant.terminal() as line:
        job = plant.print(first, second)
        until(lambda: plant.has_begun, "the printer has the document")
        early = line.scan(CardCode(first, 1).text)
        plant.go()
        plant.ended(job)
        until(lambda: plant.versions(second) == (2, None), "central knows that the paper is out")
        late = until(lambda: _superseded(line.scan(CardCode(second, 1).text)), "the terminal knows it, too")

    assert early["outcome"] == "opened"
    assert "Destroy this paper" in late["message"]


def _superseded(scanned: dict[str, str]) -> dict[str, str] | None:
    return scanned if scanned["outcome"] == "superseded_print" else None


def test_a_queue_that_cannot_tell_leaves_it_to_people(plant: PrintPlant) -> None:
    """CUPS calls a job of a raw socket completed when it has sent the bytes."""
    label_printer = plant.hall.call(lambda: FakePrinter().__enter__())
    try:
        plant.hall.cups(labels=f"socket://{label_printer.address}")
        queue = replace(plant.hall.queue("labels", Dialect.ZPL), answers_status=False)
        plant.register(queue)
        body = plant.cards[0]

        made = plant.print(body)
        accepted = plant.ended(made)
        before = plant.versions(body)
        plant.central.post(f"/api/v1/print-jobs/{made['id']}/confirm", {"first": 1, "last": 1})
    finally:
        label_printer.__exit__(None, None, None)

    assert (accepted["state"], accepted["printed"], before) == ("accepted", 0, (1, 2))
    assert "look" in accepted["message"]
    assert (plant.job(made)["state"], plant.versions(body)) == ("done", (2, None))
    assert label_printer.engine.count == 1


@pytest.mark.parametrize("back", ["later", "at once"])
def test_what_a_dead_printer_had_is_unknown_and_not_sent_again(plant: PrintPlant, back: str) -> None:
    plant.register(over_ipp(plant, plant.hands))
    body, other, *_ = plant.cards
    made = plant.print(body)
    until(lambda: plant.has_begun, "the printer has the document")

    plant.hall.kill()
    if back == "at once":
        plant.hall.ipp_printer(plant.hands)
    ended = plant.ended(made)
    if back == "later":
        plant.hall.ipp_printer(plant.hands)
    plant.go()
    later = plant.ended(plant.print(other))

    assert (ended["state"], ended["printed"], plant.versions(body)) == ("unknown", 0, (1, 2))
    assert "Look whether the cards came out" in ended["message"] or "does not answer" in ended["message"]
    assert later["state"] == "done"
    assert [codes for codes in plant.papers if CardCode(body, 2).text not in codes] == [{CardCode(other, 2).text}]
    assert len(plant.papers) <= 2  # the dead printer's own hands may have gone on
    assert plant.job(made)["state"] == "unknown"
    again = plant.ended(plant.central.post(f"/api/v1/print-jobs/{made['id']}/reprint", {"first": 1, "last": 1}))
    assert (again["state"], plant.versions(body)) == ("done", (3, None))


def test_what_a_dead_queue_had_is_unknown(plant: PrintPlant) -> None:
    plant.register(through_cups(plant, plant.hands))
    body = plant.cards[0]
    made = plant.print(body)
    until(lambda: plant.has_begun, "the printer has the document")

    plant.hall.kill()
    ended = plant.ended(made)
    plant.go()

    assert (ended["state"], ended["printed"], plant.versions(body)) == ("unknown", 0, (1, 2))
    assert "does not answer" in ended["message"]
    until(lambda: plant.papers == [{CardCode(body, 2).text}], "the printer had it, and went on")
    assert plant.job(made)["state"] == "unknown"


@pytest.mark.parametrize("start", [over_ipp, through_cups])
def test_a_printer_without_paper_is_waited_for_and_both_papers_are_valid(plant: PrintPlant, start: Start) -> None:
    empty = f'echo "STATE: +media-empty" >&2; {plant.hands}; echo "STATE: -media-empty" >&2'
    plant.register(start(plant, empty))
    body = plant.cards[0]

    made = plant.print(body)
    waits = plant.until(made, lambda now: "no paper" in now["message"])
    before = plant.versions(body)
    plant.go()
    done = plant.ended(made)

    assert (waits["state"], waits["message"], before) == ("sending", "The printer has no paper. Put some in.", (1, 2))
    assert (done["state"], plant.versions(body)) == ("done", (2, None))


def wrong_media(plant: PrintPlant) -> Printer:
    return replace(over_ipp(plant, plant.hands), media="iso_a0_841x1189mm")


def wrong_media_of_a_queue(plant: PrintPlant) -> Printer:
    return replace(through_cups(plant, plant.hands), media="iso_a0_841x1189mm")


def nobody(_plant: PrintPlant) -> Printer:
    return Printer("cards", Way.IPP, "ipp://localhost:8639/ipp/print", Dialect.PDF)


def no_label_printer(_plant: PrintPlant) -> Printer:
    return Printer("cards", Way.RAW, "127.0.0.1:8639", Dialect.ZPL)


def no_cups(_plant: PrintPlant) -> Printer:
    return Printer("cards", Way.CUPS, "office@127.0.0.1:8639", Dialect.PDF)


def no_queue(plant: PrintPlant) -> Printer:
    plant.hall.cups()
    return plant.hall.queue("office", Dialect.PDF)


def paused_queue(plant: PrintPlant) -> Printer:
    queue = through_cups(plant, plant.hands)
    plant.hall.pause("office")
    return queue


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (wrong_media, "does not know the paper iso_a0_841x1189mm"),
        (wrong_media_of_a_queue, "does not know the paper iso_a0_841x1189mm"),
        (nobody, "Try again in a minute"),
        (no_label_printer, "Try again in a minute"),
        (no_cups, "Try again in a minute"),
        (paused_queue, "Let it go on, at the printer or in its queue"),
        (no_queue, "no printer by this path or name"),
    ],
)
def test_a_refusal_says_what_to_do_and_the_paper_in_use_stays(
    plant: PrintPlant, start: Callable[[PrintPlant], Printer], says: str
) -> None:
    plant.register(start(plant))
    body = plant.cards[0]

    ended = plant.ended(plant.print(body))

    assert (ended["state"], ended["printed"], says in ended["message"]) == ("failed", 0, True), ended["message"]
    assert [one["state"] for one in ended["items"]] == ["missing"]
    assert plant.versions(body) == (1, None)
    assert not plant.has_begun


def test_a_label_printer_that_dies_in_a_label_is_not_sent_it_again(plant: PrintPlant) -> None:
    label_printer = plant.hall.call(lambda: FakePrinter(cut_after=None).__enter__())
    try:
        plant.register(Printer("cards", Way.RAW, label_printer.address, Dialect.ZPL))
        body, other, *_ = plant.cards
        label_printer.cut_after = 2_000  # ~HS goes first, the label has some thousand bytes
        ended = plant.ended(plant.print(body))
        heard, label_printer.cut_after, label_printer.heard = label_printer.heard, None, b""
        later = plant.ended(plant.print(other))
    finally:
        label_printer.__exit__(None, None, None)

    assert (ended["state"], ended["printed"], plant.versions(body)) == ("unknown", 0, (1, 2))
    assert "Look which cards came out" in ended["message"]
    assert b"^XA" in heard
    assert (later["state"], label_printer.engine.count) == ("done", 1)
    assert label_printer.heard.count(b"^XA") == 1
