"""The page as the server draws it, and the stream that it follows."""

from __future__ import annotations

import asyncio
import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, cast

import kiosk_states
import pytest
from fastapi import FastAPI, Request
from fastapi.sse import ServerSentEvent
from fastapi.testclient import TestClient

from ekanban_core.states import Outcome
from ekanban_terminal import kiosk
from ekanban_terminal.clock import wall_ms
from ekanban_terminal.kiosk_shape import ClockView
from ekanban_terminal.state import Kiosk, KioskState

HOSTILE = "<img src=x onerror=alert(1)>\"'&{{7*7}}"


def client(state: KioskState) -> TestClient:
    app = FastAPI()
    app.state.kiosk = Kiosk(state)
    app.include_router(kiosk.router)
    kiosk.mount_static(app)
    return TestClient(app)


@pytest.fixture
def page() -> str:
    return client(kiosk_states.state(wall_ms())).get("/").text


class Tags(HTMLParser):
    """All start tags of a page with their attributes, and all its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_before_the_first_scan() -> None:
    before = kiosk_states.state(wall_ms()).model_copy(update={"last": None, "scans": ()})

    answer = client(before).get("/")

    assert answer.status_code == 200
    assert "Scan a card" in answer.text
    assert 'data-face="calm"' in answer.text


def test_scanned_text_reaches_the_page_as_text() -> None:
    now_ms = wall_ms()
    entry = kiosk_states.entry(0, now_ms, Outcome.UNREADABLE, part=HOSTILE, message=HOSTILE, bin=HOSTILE)

    page = Tags(client(kiosk_states.state(now_ms, entry, plant=HOSTILE)).get("/").text)

    assert page.text.count(HOSTILE) >= 4
    assert "img" not in {tag for tag, _ in page.tags}


def test_the_page_obeys_its_own_strict_policy(page: str) -> None:
    tags = Tags(page).tags

    assert not [tag for tag, attributes in tags if any(name.startswith("on") or name == "style" for name in attributes)]
    assert not [tag for tag, attributes in tags if tag == "script" and not attributes.get("src")]
    assert "style" not in {tag for tag, _ in tags}


def test_the_page_is_never_kept_and_loads_from_itself_only() -> None:
    headers = client(kiosk_states.state(wall_ms())).get("/").headers

    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


def test_everything_that_the_page_loads_is_there(page: str) -> None:
    addresses = set(re.findall(r'(?:src|href)="(/[^"]*)"', page))
    modules = {f"/static/{path.name}" for path in kiosk.STATIC.glob("*.js")}
    web = client(kiosk_states.state(wall_ms()))

    assert len(addresses) == 4
    for address in addresses | modules:
        assert web.get(address).headers["cache-control"] == "no-cache", address


def test_no_script_of_the_page_reads_text_as_html() -> None:
    for path in kiosk.STATIC.glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|DOMParser", path.read_text())


def test_the_page_names_its_release_so_that_it_can_renew_itself(page: str) -> None:
    assert f'data-release="{kiosk.release()}"' in page
    assert len(kiosk.release()) >= 4 * len(list(kiosk.STATIC.iterdir()))


async def next_state(events: Any) -> dict[str, Any]:
    async for event in events:
        if event.event == "state":
            return cast("dict[str, Any]", event.data)
    raise AssertionError("the stream ended")


def stream(publisher: Kiosk) -> Any:
    request = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(kiosk=publisher)))
    return kiosk.kiosk_events(cast(Request, request))


def test_a_page_that_opens_gets_the_newest_state_and_then_each_change() -> None:
    async def follow() -> list[dict[str, Any]]:
        now_ms = wall_ms()
        publisher = Kiosk(kiosk_states.state(now_ms))
        events = stream(publisher)
        first = await next_state(events)
        await publisher.publish(kiosk_states.state(now_ms, kiosk_states.entry(1, now_ms, Outcome.ON_HOLD)))
        second = await next_state(events)
        await events.aclose()
        return [first, second]

    first, second = asyncio.run(follow())

    assert first["view"]["rows"][0]["word"] == "Ordered"
    assert second["view"]["last"]["word"] == "On hold"
    assert second["last"]["outcome"] == "on_hold"
    assert second["release"] == kiosk.release()


def test_the_stream_ends_when_the_terminal_stops() -> None:
    async def follow() -> list[ServerSentEvent]:
        publisher = Kiosk(kiosk_states.state(wall_ms()))
        events = stream(publisher)
        await next_state(events)
        await publisher.close()
        return [event async for event in events]

    assert asyncio.run(follow()) == []


def test_the_clock_goes_on_while_nothing_is_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kiosk, "BEAT_S", 0.001)

    async def follow() -> ServerSentEvent:
        events = stream(Kiosk(kiosk_states.state(wall_ms())))
        await next_state(events)
        beat: ServerSentEvent = await anext(events)
        await events.aclose()
        return beat

    beat = asyncio.run(follow())

    assert beat.event == "beat"
    assert isinstance(beat.data, ClockView)
