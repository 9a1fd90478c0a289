"""The page of terminals and the card's page on a phone, without a browser; on both databases."""

from __future__ import annotations

import re

from page_counter import Counter
from page_plant import MINUTE, PagePlant

from ekanban_core.card_code import CardCode
from ekanban_core.lifecycle import Step
from ekanban_core.states import TerminalState


def address(body: str, version: int = 1) -> str:
    return f"/c/{CardCode(body, version).text}"


def test_terminals_stand_in_the_order_of_who_needs_somebody(works: PagePlant, counter: Counter) -> None:
    works.tell(works.terminals[2], seen_ms=works.now - 6 * MINUTE, stored=7)
    works.terminal("New one", TerminalState.PENDING)
    works.terminal("Old one", TerminalState.REVOKED)

    page = counter.browser().get("/terminals").text

    names = re.findall(r'<td class="part"><b>(.*?)</b>', page)
    assert names == ["New one", "Goods in", "Line 1", "Line 4", "Packing", "Old one"]
    for words in ("Waits for approval", "Silent", "In touch", "Revoked", "6 min ago", "<b>7</b>"):
        assert words in page


def test_a_terminal_that_has_lost_scans_says_how_many_until_somebody_has_noted_it(
    works: PagePlant, counter: Counter
) -> None:
    lost = works.lose_scans(3)
    works.lose_scans(1)
    visit = counter.browser()

    assert re.search(
        r'<b>Line 4</b> <a [^>]*href="/reviews\?kind=scans_missing">.*4 scans missing', visit.get("/terminals").text
    )
    (line,) = [line for line in visit.get("/terminals.csv").text.splitlines() if line.startswith("Line 4,")]
    assert line.endswith(",4")
    works.terminals[0].send(lost[0])
    assert "3 scans missing" in visit.get("/terminals").text

    for review in counter.get("/reviews", kind="scans_missing")["items"]:
        counter.post(f"/reviews/{review['id']}/decide", decision="nothing")

    assert "missing" not in visit.get("/terminals").text


def test_a_code_is_shown_once_with_its_command(works: PagePlant, counter: Counter) -> None:
    visit = counter.browser()

    page = visit.post("/terminals/codes").text

    assert re.search(r"ekanban terminal enroll http://127\.0\.0\.1:8000 [A-Z0-9-]{30,}", page)
    assert "waits here for your approval" in page
    assert "The terminal works at once." in visit.post("/terminals/codes", approved="1").text
    assert "ekanban terminal enroll" not in visit.get("/terminals").text


def test_a_terminal_is_approved_and_revoked(works: PagePlant, counter: Counter) -> None:
    terminal = works.terminal("New one", TerminalState.PENDING)
    visit = counter.browser()

    assert visit.post(f"/terminals/{terminal.id}/approve").status_code == 303
    assert counter.get(f"/terminals/{terminal.id}")["state"] == "enrolled"
    assert visit.post(f"/terminals/{terminal.id}/revoke").status_code == 303
    assert counter.get(f"/terminals/{terminal.id}")["state"] == "revoked"

    again = visit.post(f"/terminals/{terminal.id}/approve")
    assert again.status_code == 409
    assert "revoked" in again.text


def test_names_that_a_device_gives_itself_are_text(works: PagePlant, counter: Counter) -> None:
    works.tell(works.terminals[0], name="<b>x</b>", scanners={"<i>": "ready", "b": ["odd"]}, release="<u>")

    page = counter.browser().get("/terminals").text

    assert "<b>x</b>" not in page.replace("&lt;b&gt;", "")
    assert "<i>" not in page
    assert "<u>" not in page


def test_a_viewer_makes_no_codes(works: PagePlant, counter: Counter) -> None:
    viktor = counter.browser(works.viewer)

    assert "Make a code" not in viktor.get("/terminals").text
    assert viktor.post("/terminals/codes").status_code == 403


def test_strangers_see_the_same_for_every_code(works: PagePlant, counter: Counter) -> None:
    real = counter.stranger().get(address(works.cards[0]))
    invented = counter.stranger().get(address("00000000"))

    assert (real.status_code, invented.status_code) == (200, 200)
    assert "Sign in to see this card." in real.text
    assert "4711-0815" not in real.text
    assert real.text.replace(address(works.cards[0]), "") == invented.text.replace(address("00000000"), "")
    assert f"/sign-in?next={address(works.cards[0])}" in real.text


def test_a_card_says_what_it_is_and_that_nothing_is_on_order(works: PagePlant, counter: Counter) -> None:
    page = counter.browser().get(address(works.cards[0])).text

    for words in ("<h1>4711-0815</h1>", "Hex bolt M8", "Fastener World", "Line 1", "200 pcs", "Nothing is on order"):
        assert words in page


def test_the_timeline_tells_each_step_with_its_time_and_who(works: PagePlant, counter: Counter) -> None:
    body = works.cards[3]
    works.scan(body)
    works.pass_s(20 * 60)
    works.step(body, Step.ACKNOWLEDGE)

    page = counter.browser().get(address(body)).text

    entries = [
        re.sub(r"\s+", " ", re.sub(r"<.*?>", "", one)).strip()
        for one in re.findall(r"<li[ >].*?</li>", page, re.DOTALL)
    ]
    assert entries == [
        "Bin empty 14:00 · 20 min ago · Line 4",
        "Acknowledged 14:20 · 0 s ago · Erika Muster",
        "Due 16:00 · in 1 h 40 min",
    ]


def test_the_main_action_is_the_next_step(works: PagePlant, counter: Counter) -> None:
    body = works.cards[3]
    works.scan(body)
    visit = counter.browser()

    main = re.search(r'action="(.*?)">\s*<input.*?>\s*<button class="main big">', visit.get(address(body)).text)
    assert main is not None
    assert main[1] == f"{address(body)}/signal/acknowledge"
    answer = visit.post(main[1])

    assert (answer.status_code, answer.headers["location"]) == (303, address(body))
    signal = works.open_signal(body)
    assert signal is not None
    assert signal["state"] == "acknowledged"


def test_a_step_after_the_signal_has_gone_is_told(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    works.scan(body)
    works.step(body, Step.RECEIVE)

    answer = counter.browser().post(f"{address(body)}/signal/receive")

    assert answer.status_code == 409
    assert "Nothing is on order for this card any more." in answer.text


def test_cancel_without_a_reason_keeps_the_signal(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    works.scan(body)
    visit = counter.browser()

    assert "needs a reason" in visit.post(f"{address(body)}/signal/cancel").text
    assert works.open_signal(body) is not None
    assert visit.post(f"{address(body)}/signal/cancel", reason="Moved").status_code == 303
    assert works.open_signal(body) is None


def test_the_card_itself_is_held_lost_and_retired_with_the_reason_shown(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    visit = counter.browser()

    visit.post(f"{address(body)}/card/hold", reason="Engineering change")
    page = visit.get(address(body)).text
    assert "On hold" in page
    assert "Engineering change" in page
    assert visit.post(f"{address(body)}/card/lost", reason="Gone").status_code == 409  # the hold would be forgotten
    visit.post(f"{address(body)}/card/release")
    visit.post(f"{address(body)}/card/lost", reason="Gone")
    assert "Reported lost" in visit.get(address(body)).text
    visit.post(f"{address(body)}/card/retire", reason="Given up")
    assert "Out of use" in visit.get(address(body)).text
    assert visit.post(f"{address(body)}/card/hold").status_code == 409


def test_an_old_paper_says_that_it_is_to_be_destroyed(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    with works.database.transaction() as connection:
        connection.exec_driver_sql(f"UPDATE card SET print_version = 2, pending_version = 2 WHERE body = '{body}'")  # noqa: S608  # a body of our own

    assert "This paper is print 1; print 2 is in use. Destroy this paper." in counter.browser().get(address(body)).text
    assert "Destroy" not in counter.browser().get(address(body, 2)).text
    assert "Destroy" not in counter.browser().get(f"/c/{body}").text


def test_codes_that_no_card_has_are_said_so(works: PagePlant, counter: Counter) -> None:
    for code in ("00000000", "7K3QM9X201CE", "hello", "%3Cscript%3E", "7K3QM9X201CF" * 20):
        answer = counter.browser().get(f"/c/{code}")
        assert answer.status_code == 404
        assert "No card has this code" in answer.text
        assert "<script>" not in answer.text.split("<main", 1)[1]


def test_pages_are_safe_and_not_kept(works: PagePlant, counter: Counter) -> None:
    works.fill()
    for path in ("/", "/signals", "/reviews", "/terminals", address(works.cards[0])):
        answer = counter.browser().get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        assert "'unsafe" not in answer.headers["content-security-policy"]


def test_static_files_are_kept_for_ever_by_their_fingerprint(counter: Counter) -> None:
    page = counter.stranger().get("/sign-in").text
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)

    assert len(addresses) >= 6
    for one in addresses:
        answer = counter.stranger().get(one)
        assert answer.status_code == 200, one
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert counter.stranger().get("/static/..%2f..%2fapp.py").status_code == 404


def test_a_page_is_light_on_the_wire(works: PagePlant, counter: Counter) -> None:
    works.fill()
    answer = counter.browser().client.get("/signals", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 20_000


def test_people_get_errors_as_pages_and_programs_as_problems(works: PagePlant, counter: Counter) -> None:
    visit = counter.browser(works.viewer)
    html = {"Accept": "text/html,application/xhtml+xml"}

    lost = visit.client.get("/nowhere/<script>", headers=html)
    old = visit.client.post("/terminals/codes", data={"csrf": "stale"}, headers=html)

    assert (lost.status_code, old.status_code) == (404, 403)
    assert "There is nothing here" in lost.text
    assert "<script>" not in lost.text.split("<main", 1)[1]
    assert "This is not allowed" in old.text
    assert "needs the role supervisor" in old.text
    assert visit.get("/nowhere").headers["content-type"] == "application/problem+json"
    assert counter.api.get("/api/v1/nowhere", headers=html).headers["content-type"] == "application/problem+json"
