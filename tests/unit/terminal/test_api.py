"""The local API with the whole terminal behind it: a simulated scanner in front, a scripted central at the far end."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from scripted_central import ScriptedCentral
from starlette.testclient import TestClient
from terminal_world import BODY, CODE, TERMINAL, code

from ekanban_core.enrolment import key_text
from ekanban_core.states import Colour
from ekanban_drivers.scanner import ErrorKind, Feedback, ScanError
from ekanban_drivers.simulated import SimulatedDriver
from ekanban_terminal import api, identity, keys, readings, scanner_configs
from ekanban_terminal.app import create_app
from ekanban_terminal.errors import FolderUnusable
from ekanban_terminal.identity import Enrolment
from ekanban_terminal.runtime import Terminal
from ekanban_terminal.settings import BadSettings, Limits, ScannerSettings, TerminalSettings, Tls
from ekanban_terminal.station import Input

HERE = "http://127.0.0.1:8001"


@dataclass
class Shop:
    """A running terminal, its scanner, its central."""

    browser: TestClient
    terminal: Terminal
    scanner: SimulatedDriver
    central: ScriptedCentral

    def scan(self, text: str = CODE, **more: Any) -> dict[str, Any]:
        answer = self.browser.post("/api/v1/scan", json={"code": text, **more})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.browser.get("/api/v1/status").json()
        return found


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for central's answer gets it, however slow the machine is; who waits for nothing is found."""
    monkeypatch.setattr(api, "ANSWER_S", 200.0)
    monkeypatch.setattr(readings, "CUE_S", 200.0)


def until(true: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)  # a poll of the condition, not a guess of a duration


@contextmanager
def shop(folder: Path, *, enrolled: bool = True, client: str = "127.0.0.1", **settings: Any) -> Iterator[Shop]:
    """Open a shop; it is closed in order."""
    name, key = keys.for_code(folder, "TEST")
    central = ScriptedCentral(key.public, lambda: time.time_ns() // 1_000_000)
    central.add_card(BODY)
    if enrolled:
        identity.store(
            folder,
            Enrolment(
                terminal=TERMINAL, url="http://central.test", central_key=key_text(central.public), site="Plant One",
                key=name, code="TEST",
            ),
        )  # fmt: skip
    scanner = SimulatedDriver()
    made = TerminalSettings(
        data=folder, name="Line 4", scanners=[ScannerSettings(name="hand", driver="simulated")], **settings
    )
    app = create_app(made, link=lambda url: central, drivers={"simulated": scanner})
    with TestClient(app, base_url=HERE, client=(client, 50000)) as browser:
        yield Shop(browser, app.state.terminal, scanner, central)


def test_a_scan_waits_a_moment_for_centrals_answer(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        until(lambda: there.status()["central"]["state"] == "online")

        answer = there.scan()

        assert (answer["outcome"], answer["pending"], answer["card"]) == ("opened", False, BODY)
        assert answer["signal"]["state"] == "released"
        assert there.central.order == [answer["id"]]
        assert there.status()["plant"] == "Plant One"


def test_an_answer_that_came_before_the_scan_was_shown_is_what_is_shown(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        until(lambda: there.status()["central"]["state"] == "online")
        portal, terminal = there.browser.portal, there.terminal
        assert portal is not None
        taken = portal.call(terminal.station.take, Input(CODE.encode()))
        portal.call(terminal.courier.wake)
        until(lambda: terminal.store.counts.stored == 0)

        portal.call(
            terminal.readings.show, replace(taken, entry=taken.entry.model_copy(update={"colour": Colour.AMBER})), 0.0
        )

        assert not there.status()["last"]["pending"]


def test_without_central_a_scan_has_the_local_verdict_at_once(tmp_path: Path) -> None:
    with shop(tmp_path, enrolled=False) as there:
        answer = there.scan()  # waits for nobody; see `_patient`

        assert (answer["outcome"], answer["pending"]) == ("opened", True)
        assert answer["message"] == "Stored, not yet ordered."
        assert there.status()["central"]["state"] == "never"
        assert there.status()["journal"]["stored"] == 1


def test_a_repetition_leaves_on_the_screen_what_became_of_the_scan(tmp_path: Path) -> None:
    with shop(tmp_path, enrolled=False) as there:
        first = there.scan()

        again = there.scan()

        assert again["outcome"] == "double_read"
        assert there.status()["last"]["id"] == first["id"]
        assert there.status()["journal"]["stored"] == 2


def test_a_terminal_that_is_enrolled_while_it_runs_sends_what_it_has(tmp_path: Path) -> None:
    with shop(tmp_path, enrolled=False) as there:
        answer = there.scan()

        identity.store(
            tmp_path,
            Enrolment(
                terminal=TERMINAL, url="http://central.test", central_key=key_text(there.central.public),
                site="Plant One", key="terminal-key-TEST.pem", code="TEST",
            ),
        )  # fmt: skip

        until(lambda: there.central.order == [answer["id"]])


def test_a_scanner_reads_and_hears_what_became_of_it(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        until(lambda: there.status()["central"]["state"] == "online" and there.scanner.is_open())

        there.browser.portal.call(there.scanner.scan, CODE)  # type: ignore[union-attr]  # open while the client is
        until(lambda: there.scanner.shown["simulated"])

        assert there.scanner.shown["simulated"] == [Feedback.GREEN]
        last = there.status()["last"]
        assert (last["outcome"], last["pending"]) == ("opened", False)


def test_offline_green_sounds_otherwise_than_ordered_green(tmp_path: Path) -> None:
    with shop(tmp_path, enrolled=False) as there:
        until(there.scanner.is_open)

        there.browser.portal.call(there.scanner.scan, CODE)  # type: ignore[union-attr]  # see above
        until(lambda: len(there.scanner.shown["simulated"]) == 2)

        assert there.scanner.shown["simulated"] == [Feedback.GREEN, Feedback.GREY]


def test_a_broken_reading_is_journalled_and_red(tmp_path: Path) -> None:
    with shop(tmp_path, enrolled=False) as there:
        until(there.scanner.is_open)

        error = ScanError(ErrorKind.TIMEOUT, "7K3QM9", "simulated", time.monotonic())
        there.browser.portal.call(there.scanner.emit, error)  # type: ignore[union-attr]  # see above
        until(lambda: there.status()["last"])

        last = there.status()["last"]
        assert (last["outcome"], last["colour"]) == ("unreadable", "red")
        assert last["message"] == "The scanner stopped in the middle of a code (7K3QM9). Scan it again."
        assert there.scanner.shown["simulated"] == [Feedback.RED]
        assert there.status()["journal"]["stored"] == 1


def test_undo_takes_back_the_last_scan_once(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        until(lambda: there.status()["central"]["state"] == "online")
        there.scan()

        undone = there.browser.post("/api/v1/undo", json={})
        again = there.browser.post("/api/v1/undo", json={})

        assert undone.json()["outcome"] == "undone"
        assert there.central.cards[BODY].signal is None
        assert again.status_code == 409
        assert again.headers["content-type"] == "application/problem+json"


def test_what_was_refused_is_listed_until_somebody_has_seen_it(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        until(lambda: there.terminal.register.about.loaded)
        there.central.retire(BODY)
        refused = there.scan()
        until(lambda: there.status()["journal"]["refused"] == 1)

        seen = there.browser.post("/api/v1/acknowledge-refused", json={"id": refused["id"]})
        again = there.browser.post("/api/v1/acknowledge-refused", json={"id": refused["id"]})

        assert (seen.status_code, again.status_code) == (200, 404)
        until(lambda: there.status()["journal"]["refused"] == 0)


def test_a_dead_letter_is_listed_and_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with shop(tmp_path) as there:
        until(lambda: there.status()["central"]["state"] == "online")
        there.scan(code(1))

        monkeypatch.setattr(api, "ANSWER_S", 0.0)  # there will be none
        monkeypatch.setattr(readings, "CUE_S", 0.0)
        there.central.poison.add(base64.b64encode(CODE.encode()).decode())
        scan_id = there.scan()["id"]
        until(lambda: there.status()["journal"]["dead"] == 1)

        listed = there.browser.get("/api/v1/dead").json()["items"]
        there.central.poison.clear()
        replayed = there.browser.post("/api/v1/dead/replay", json={"id": scan_id})

        assert [item["id"] for item in listed] == [scan_id]
        assert replayed.status_code == 200
        assert replayed.json()["id"] != scan_id
        assert there.status()["journal"]["dead"] == 0


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800", "<img src=x onerror=alert(1)>", "'; DROP TABLE scan; --", "{why}", "%(x)s", "A" * 5000]
)
def test_whatever_is_typed_is_data(tmp_path: Path, text: str) -> None:
    with shop(tmp_path, enrolled=False) as there:
        sent = b'{"code": "' + text.encode("unicode_escape") + b'"}' if text in ("\x00", "\ud800") else None
        body = sent.replace(b"\\x00", b"\\u0000") if sent else None
        json_header = {"content-type": "application/json"}

        answer = (
            there.browser.post("/api/v1/scan", content=body, headers=json_header)
            if body
            else there.browser.post("/api/v1/scan", json={"code": text})
        )

        assert answer.status_code == 200
        assert answer.json()["outcome"] == "unreadable"
        assert there.browser.get("/").status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 422),
        (b'{"code": 7}', 422),
        (b'{"code": ""}', 422),
        (b'{"code": "X", "intent": "teleport"}', 422),
        (b"[" * 60_000, 400),
        (b"\xff", 400),
        (b'{"code": "' + b"A" * 70_000 + b'"}', 413),
    ],
)
def test_a_wrong_request_is_a_problem_and_stores_nothing(tmp_path: Path, body: bytes, status: int) -> None:
    with shop(tmp_path, enrolled=False) as there:
        answer = there.browser.post("/api/v1/scan", content=body, headers={"content-type": "application/json"})

        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert there.status()["journal"]["stored"] == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.test"}, 421),
        ({"host": "evil.test:8001"}, 421),
        ({"host": ""}, 421),
        ({"host": "["}, 421),
        ({"host": "localhost:8001"}, 200),
        ({"host": "[::1]:8001"}, 200),
        ({"host": "kiosk.plant:8001"}, 200),
        ({"origin": "http://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": HERE}, 200),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "application/json; charset=utf-8"}, 200),
    ],
)
def test_no_foreign_page_scans_here(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    with shop(tmp_path, enrolled=False, hosts=["kiosk.plant"]) as there:
        given = {"content-type": "application/json", **headers}

        answer = there.browser.post("/api/v1/scan", content=b'{"code": "7K3QM9X201CF"}', headers=given)

        assert answer.status_code == status
        assert there.status()["journal"]["stored"] == (1 if status == 200 else 0)


def test_from_another_machine_the_token_is_needed(tmp_path: Path) -> None:
    open_to_all = {
        "host": "0.0.0.0",  # noqa: S104  # the test client binds nothing
        "token": "a secret",
        "tls": Tls(certificate=tmp_path / "c.pem", key=tmp_path / "k.pem"),
        "hosts": ["terminal.plant"],
    }
    with shop(tmp_path, enrolled=False, client="192.0.2.7", **open_to_all) as there:
        there.browser.headers["host"] = "terminal.plant"

        stranger = there.browser.get("/api/v1/status")
        mistaken = there.browser.get("/api/v1/status", headers={"authorization": "Bearer another"})
        known = there.browser.get("/api/v1/status", headers={"authorization": "Bearer a secret"})

        assert [stranger.status_code, mistaken.status_code, known.status_code] == [401, 401, 200]


def test_a_full_terminal_says_no_before_green_and_recovers(tmp_path: Path) -> None:
    with shop(tmp_path, enrolled=False, limits=Limits(stored=10)) as there:
        for number in range(10):
            there.scan(code(number))

        refused = there.browser.post("/api/v1/scan", json={"code": code(11)})

        assert refused.status_code == 503
        assert refused.json()["title"] == "Not stored"
        assert [(alarm["key"], alarm["stop"]) for alarm in there.status()["alarms"]] == [("full", True)]
        assert there.browser.get("/readyz").status_code == 503
        assert there.status()["journal"]["stored"] == 10


def test_after_a_disk_error_the_terminal_checks_its_journal_and_goes_on(tmp_path: Path) -> None:
    with shop(tmp_path, enrolled=False) as there:
        there.scan(code(1))
        there.terminal.store._journal._file.fail(OSError("input/output error"))

        refused = there.browser.post("/api/v1/scan", json={"code": code(2)})

        assert refused.status_code == 503
        assert there.browser.get("/healthz").status_code == 503
        until(lambda: there.browser.get("/healthz").status_code == 200)
        there.scan(code(3))
        assert there.status()["journal"]["stored"] == 2
        assert there.status()["alarms"] == []


def test_a_damaged_journal_at_the_start_shows_itself_and_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"not a database at all" * 500)

    with shop(tmp_path, enrolled=False) as there:
        refused = there.browser.post("/api/v1/scan", json={"code": CODE})

        assert refused.status_code == 503
        alarm = there.status()["alarms"][0]
        assert (alarm["key"], alarm["stop"]) == ("journal", True)
        assert "Nothing was deleted" in alarm["text"]
        assert there.browser.get("/").status_code == 200


def test_a_second_terminal_on_the_same_folder_does_not_start(tmp_path: Path) -> None:
    with (
        shop(tmp_path, enrolled=False),
        pytest.raises(FolderUnusable, match="Another terminal"),
        shop(tmp_path, enrolled=False),
    ):
        pytest.fail("started")


def test_health_readiness_and_numbers(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        until(lambda: there.status()["central"]["state"] == "online")
        there.scan()
        until(lambda: there.status()["journal"]["stored"] == 0)

        numbers = there.browser.get("/metrics").text

        assert there.browser.get("/healthz").json() == {"ok": True, "journal": None, "ended": []}
        assert there.browser.get("/readyz").json() == {"ok": True, "alarms": []}
        assert "ekanban_terminal_scans_stored 0.0" in numbers
        assert "ekanban_terminal_scans_answered_total 1.0" in numbers
        assert "ekanban_terminal_central_online 1.0" in numbers


def test_after_a_restart_the_screen_shows_what_it_showed(tmp_path: Path) -> None:
    with shop(tmp_path, enrolled=False) as there:
        first = there.scan()

    with shop(tmp_path, enrolled=False) as there:
        state = there.terminal.screen.state()

    assert [entry.id for entry in state.scans] == [first["id"]]
    assert state.stored == 1


def test_a_wrong_scanner_profile_is_named_by_the_check_and_keeps_no_terminal_from_starting(tmp_path: Path) -> None:
    settings = TerminalSettings(data=tmp_path, scanners=[ScannerSettings(name="hand", driver="serial", profile="nope")])

    with pytest.raises(BadSettings, match=r"scanners.hand.profile: nope: no such profile"):
        scanner_configs.check(settings)

    create_app(settings)
