"""Printing by the local API with the whole terminal behind it: real threads, a press that does what a test says."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from print_world import NO_PAPER, FakePress
from scripted_central import ScriptedCentral
from starlette.testclient import TestClient
from terminal_world import BODY, CODE, TERMINAL, code

from ekanban_core.card_code import CardCode
from ekanban_core.enrolment import key_text
from ekanban_core.states import PrintEnd, PrintReason
from ekanban_drivers.simulated import SimulatedDriver
from ekanban_terminal import api, identity, keys, readings
from ekanban_terminal.app import create_app
from ekanban_terminal.identity import Enrolment
from ekanban_terminal.printing.press import Result, Sent
from ekanban_terminal.runtime import Terminal
from ekanban_terminal.settings import PrinterSettings, ScannerSettings, TerminalSettings

HERE = "http://127.0.0.1:8001"
WISH = "0197f0c0-0000-7000-8000-0000000000aa"
SECOND = CardCode(BODY, 2).text
ZEBRA = PrinterSettings(name="Zebra", way="raw", address="192.0.2.8")


@dataclass
class Shop:
    """A running terminal, its printer, its scanner, its central."""

    browser: TestClient
    terminal: Terminal
    press: FakePress
    scanner: SimulatedDriver
    central: ScriptedCentral

    def post(self, path: str, **content: Any) -> dict[str, Any]:
        answer = self.browser.post(f"/api/v1/{path}", json=content)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.browser.get("/api/v1/status").json()
        return found

    def newest(self) -> dict[str, Any]:
        items = self.browser.get("/api/v1/prints").json()["items"]
        return dict(items[0]) if items else {}

    def printed(self, state: str, **content: Any) -> dict[str, Any]:
        """Print a card and wait until it stands so."""
        job = self.post("print", **{"card": BODY, "reason": "damaged", **content})
        until(lambda: self.newest().get("state") == state)
        assert self.newest()["id"] == job["id"]
        return self.newest()

    def cut_off(self) -> None:
        """Nothing reaches central any more; the terminal knows."""
        self.central.problem = {"title": "Gone", "status": 500}
        terminal = self.terminal
        assert self.browser.portal is not None
        self.browser.portal.call(terminal.courier._relation.stand, "offline")


def until(true: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)  # a poll of the condition, not a guess of a duration


@contextmanager
def shop(folder: Path, *, printer: PrinterSettings | None = ZEBRA, **settings: Any) -> Iterator[Shop]:
    """Open a shop that has heard from central, with a version of its card in reserve; it is closed in order."""
    name, key = keys.for_code(folder, "TEST")
    central = ScriptedCentral(key.public, lambda: time.time_ns() // 1_000_000)
    central.add_card(BODY)
    central.add_card(code(1)[:8])
    central.prints.scanned = [BODY]
    identity.store(
        folder,
        Enrolment(
            terminal=TERMINAL, url="http://central.test", central_key=key_text(central.public), site="Plant One",
            key=name, code="TEST",
        ),
    )  # fmt: skip
    scanner, press = SimulatedDriver(), FakePress()
    made = TerminalSettings(
        data=folder, name="Line 4", scanners=[ScannerSettings(name="hand", driver="simulated")], printer=printer,
        **settings,
    )  # fmt: skip
    app = create_app(made, link=lambda url: central, drivers={"simulated": scanner}, press=press if printer else None)
    with TestClient(app, base_url=HERE, client=("127.0.0.1", 50000)) as browser:
        terminal: Terminal = app.state.terminal
        there = Shop(browser, terminal, press, scanner, central)
        until(lambda: terminal.register.about.loaded and terminal.courier.reachable)
        if printer is not None:
            assert browser.portal is not None
            browser.portal.call(terminal.prints.messenger.step)
            until(lambda: central.prints.given)
        yield there


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "ANSWER_S", 0.0)  # scans are judged here; nobody waits for central
    monkeypatch.setattr(readings, "CUE_S", 0.0)


def test_a_card_is_printed_again_and_its_old_print_is_worthless(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        job = there.printed("done", code=CODE, card=None)

        assert (job["version"], job["code"], job["part"]) == (2, CardCode(BODY, 2).shown, f"part-{BODY}")
        assert there.post("scan", code=CODE)["outcome"] == "superseded_print"
        assert there.press.sheets[0].base_url == "https://kanban.example.com"
        until(lambda: there.central.prints.ends() == [(BODY, 2, PrintEnd.PRINTED)])
        assert there.status()["printer"]["newest"] == {"id": job["id"], "state": "done"}
        assert there.status()["printer"]["printer"] == {"name": "Zebra", "state": "ready", "text": ""}


def test_the_date_on_the_card_is_centrals(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        there.central.now_ms = lambda: 2_000_000_000_000  # 2033-05-18, whatever the wall says
        there.terminal.time.heard(2_000_000_000_000, there.terminal._clock.boottime_ms(), 0)

        there.printed("done")

        assert there.press.sheets[0].date in ("2033-05-18", "2033-05-19")


def test_a_wall_clock_that_is_years_ahead_dates_no_card(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        there.cut_off()
        time_ = there.terminal.time
        assert time_.contact is not None
        time_.contact, time_._bounds = time_.contact.model_copy(update={"at_ms": 1_000_000_000_000}), None  # 2001-09-09

        there.printed("done")

        assert there.press.sheets[0].date in ("2001-09-09", "2001-09-08")


def test_offline_the_kiosk_and_the_status_say_how_it_stands(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        there.cut_off()
        there.press.outcome = Sent(Result.UNKNOWN)

        job = there.printed("unknown")
        shown = there.terminal.kiosk.state

        assert there.status()["printer"]["in_doubt"] == 1
        until(lambda: [one.id for one in there.terminal.kiosk.state.asked] == [job["id"]])
        assert shown.printed is not None
        answered = there.post("print/answer", id=job["id"], printed=True)
        assert answered["state"] == "done"
        assert there.post("scan", code=CODE)["outcome"] == "superseded_print"


def test_the_first_scan_of_the_new_card_answers_the_question_offline(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        there.cut_off()
        there.press.outcome = Sent(Result.UNKNOWN)
        job = there.printed("unknown")

        until(there.scanner.is_open)
        assert there.browser.portal is not None
        there.browser.portal.call(there.scanner.scan, SECOND)

        until(lambda: there.newest()["state"] == "done")
        assert there.newest()["id"] == job["id"]
        until(lambda: there.status()["printer"]["in_doubt"] == 0)


def test_a_printer_that_hangs_holds_up_no_scan(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        there.press.hangs = Event()
        there.post("print", card=BODY, reason="lost")
        until(lambda: there.press.sent)

        codes = [code(1), CODE, code(1, 1)]
        began = time.monotonic()
        scanned = [there.post("scan", code=text) for text in codes * 10]
        taken_s = time.monotonic() - began

        assert [one["outcome"] for one in scanned[:2]] == ["opened", "opened"]
        assert there.newest()["state"] == "sending"
        assert there.terminal.store.counts.stored <= 30
        assert taken_s < 20  # not one of them waited for the printer, which never answers
        assert there.browser.get("/healthz").status_code == 200
    there.press.hangs.set()  # and the terminal has ended without it


def test_a_printer_that_never_says_how_it_stands_holds_up_no_scan_either(tmp_path: Path) -> None:
    press_hangs = Event()

    class Mute(FakePress):
        def check(self) -> Any:
            press_hangs.wait()
            return NO_PAPER

    with shop(tmp_path) as there:
        there.terminal.prints.desk.printer.press = Mute()
        there.post("print", card=BODY, reason="lost")

        assert there.post("scan", code=CODE)["outcome"] == "opened"
        assert there.newest()["state"] == "queued"
    press_hangs.set()


def test_after_an_end_in_the_middle_a_person_is_asked(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        there.press.hangs = Event()
        job = there.post("print", card=BODY, reason="lost")
        until(lambda: there.press.sent)
    there.press.hangs.set()

    again = create_app(there.terminal.settings, link=lambda url: there.central, press=FakePress())
    with TestClient(again, base_url=HERE, client=("127.0.0.1", 50000)) as browser:
        found = browser.get("/api/v1/prints").json()["items"]

        assert [(one["id"], one["state"], one["version"]) for one in found] == [(job["id"], "unknown", 2)]


@pytest.mark.parametrize("reason", PrintReason)
def test_whatever_the_reason_a_printed_card_says_what_to_do(tmp_path: Path, reason: PrintReason) -> None:
    with shop(tmp_path) as there:
        job = there.printed("done", reason=str(reason))

        assert "new card on the bin" in job["message"]


def test_the_same_wish_again_is_the_same_print(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        first = there.printed("done", id=WISH)
        second = there.post("print", card=BODY, reason="damaged", id=WISH)

        assert first["id"] == second["id"] == WISH
        assert there.press.sent == [f"{BODY}/2"]


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        ({}, 422, "Expected"),
        ({"card": BODY}, 422, "reason"),
        ({"card": BODY, "reason": "bored"}, 422, "reason"),
        ({"card": "nonsense", "reason": "lost"}, 422, "body"),
        ({"code": "\x00]C0", "reason": "lost"}, 422, "Expected"),
        ({"code": 7, "reason": ["lost"]}, 422, "Expected"),
        ({"card": BODY, "reason": ["lost"]}, 422, "reason"),
        ({"card": BODY, "reason": "lost", "id": "../x"}, 422, "id"),
        ({"card": "00000000", "reason": "lost"}, 404, "does not know"),
        ({"card": BODY, "reason": "lost", "address": "203.0.113.9"}, 200, ""),
    ],
)
def test_what_is_wrong_with_a_wish_is_said(tmp_path: Path, content: dict[str, Any], status: int, words: str) -> None:
    with shop(tmp_path) as there:
        answer = there.browser.post("/api/v1/print", json=content)

        assert answer.status_code == status
        assert words in answer.text


@pytest.mark.parametrize("content", [{}, {"id": WISH}, {"id": WISH, "printed": "yes"}, {"id": 5, "printed": True}])
def test_what_is_wrong_with_an_answer_is_said(tmp_path: Path, content: dict[str, Any]) -> None:
    with shop(tmp_path) as there:
        assert there.browser.post("/api/v1/print/answer", json=content).status_code == 422
        assert there.browser.post("/api/v1/print/answer", json={"id": WISH, "printed": True}).status_code == 409


def test_a_printer_without_paper_is_in_the_strip_and_costs_no_version(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        there.press.standing = NO_PAPER

        job = there.printed("failed")

        assert job["message"] == "There is no paper. Put a new roll in. The old card stays valid."
        assert there.status()["printer"]["printer"]["state"] == "not_ready"
        assert there.terminal.kiosk.state.printer is not None


def test_the_cards_whose_bins_stand_here_are_a_few_choices(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        found = there.browser.get("/api/v1/print/cards").json()

        assert {one["card"] for one in found["items"]} == {BODY, code(1)[:8]}
        assert found["items"][0]["way"] == "Line 4 · A-3 · 0000-0001"
        assert there.browser.get("/api/v1/print/cards?first=x").status_code == 422
        assert there.browser.get("/api/v1/print/cards?first=900&count=9").json()["items"] == []


def test_an_idle_terminal_has_loaded_nothing_that_draws_cards(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from ekanban_terminal.app import create_app
from ekanban_terminal.settings import PrinterSettings, TerminalSettings
from starlette.testclient import TestClient

def terminal(**more):
    settings = TerminalSettings(data=Path({str(tmp_path)!r}), **more)
    return TestClient(create_app(settings), base_url={HERE!r}, client=("127.0.0.1", 50000))

def loaded(*names):
    return sorted(name for name in sys.modules if name.split(".")[0] in names)

with terminal() as browser:
    browser.get("/")
    print(loaded("ekanban_labels", "reportlab", "PIL", "zxingcpp"))
with terminal(printer=PrinterSettings(name="Zebra", way="file", address={str(tmp_path)!r})) as browser:
    while browser.get("/api/v1/status").json()["printer"]["printer"]["state"] == "unknown":
        pass
    print(loaded("reportlab", "PIL", "zxingcpp", "barcode", "segno"))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)

    assert [line for line in done.stdout.splitlines() if line.startswith("[")] == ["[]", "[]"]


def test_an_empty_bin_is_reported_with_the_wish_for_its_card(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        there.cut_off()
        job = there.post("print", card=BODY, reason="lost", empty=True, id=WISH)
        until(lambda: there.newest().get("state") == "done")

        assert (job["id"], job["missing"]) == (WISH, "stored")
        assert there.newest()["missing"] == "stored"
        assert "Not ordered yet" in there.newest()["message"]
        kiosk = there.terminal.kiosk.state.printed  # what the page is given
        assert kiosk is not None
        assert kiosk.missing == ""


@pytest.mark.parametrize("wrong", [{"reason": "damaged", "empty": True}, {"reason": "lost", "empty": "yes"}])
def test_only_a_missing_card_leaves_an_empty_bin_without_one(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with shop(tmp_path, printer=None) as there:
        answer = there.browser.post("/api/v1/print", json={"card": BODY, **wrong})

        assert answer.status_code == 422
        assert there.terminal.prints.desk.board.newest is None
