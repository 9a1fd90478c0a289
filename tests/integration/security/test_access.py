"""Roles, API tokens, CSRF: what the dependency `require` lets through and how it refuses."""

from __future__ import annotations

import pytest
from fastapi import Depends
from fastapi.testclient import TestClient
from security_world import DAY, HOUR, MINUTE, World, csrf_of, problem

from ekanban_central.access import Visitor, require
from ekanban_core.states import Role

API, PAGE = "/api/v1/probe", "/probe"
OWN = "http://central"


@pytest.fixture
def world(world: World) -> World:
    """A central with a route for each role, for programs and for pages."""
    for role in Role:
        visitor_with_role = Depends(require(role))

        def see(visitor: Visitor = visitor_with_role) -> dict[str, str]:
            return {"name": visitor.name, "role": visitor.role, "via": visitor.via, "csrf": visitor.csrf}

        for path in (API, PAGE):
            world.app.add_api_route(f"{path}/{role}", see, methods=["GET", "POST", "DELETE"])
    return world


@pytest.mark.parametrize("path", [API, PAGE])
@pytest.mark.parametrize(
    ("role", "opened"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.SUPERVISOR, {Role.VIEWER, Role.SUPERVISOR}),
        (Role.ADMIN, set(Role)),
    ],
)
def test_each_role_opens_what_it_includes_and_nothing_above(
    world: World, path: str, role: Role, opened: set[Role]
) -> None:
    person = world.person("kim", role)
    browser, script = world.signed_in(person), world.browser(headers=world.token(person))

    for client in (browser, script):
        statuses = {wanted: client.get(f"{path}/{wanted}").status_code for wanted in Role}

        assert statuses == {wanted: 200 if wanted in opened else 403 for wanted in Role}


def test_a_program_without_credentials_is_told_how_to_sign_in(world: World) -> None:
    answer = world.browser().get(f"{API}/viewer")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "Bearer" in problem(answer)["detail"]


def test_a_browser_without_a_session_is_led_to_the_sign_in_page_and_back(world: World) -> None:
    answer = world.browser().get(f"{PAGE}/viewer?part=a%26b&x=1")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/probe/viewer%3Fpart%3Da%2526b%26x%3D1"


def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in(world: World) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://central/signals?state=open"}

    answer = world.browser().post(f"{PAGE}/viewer", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in?next=/signals%3Fstate%3Dopen"


def test_a_form_sent_without_a_session_leads_back_to_its_page_without_what_it_held(world: World) -> None:
    answer = world.browser().post(f"{PAGE}/viewer?x=1", data={"reason": "typed"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/probe/viewer%3Fx%3D1")


@pytest.mark.parametrize(
    "authorization", ["Bearer ekanban_guess", "Bearer", "Bearer ", "Basic YTpi", "x", "Bearer \u00e4"]
)
def test_a_wrong_api_token_is_refused_even_beside_a_good_session(world: World, authorization: str) -> None:
    browser = world.signed_in(world.person("kim"))

    answer = browser.get(f"{API}/viewer", headers={b"Authorization": authorization.encode("latin-1")})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_word_bearer_is_read_in_any_case(world: World) -> None:
    authorization = world.token(world.person("kim"))["Authorization"].replace("Bearer", "bearer")

    answer = world.browser().get(f"{API}/viewer", headers={"Authorization": authorization})

    assert answer.json()["via"] == "token"


def test_whoever_has_left_gets_in_no_more_by_session_or_token(world: World) -> None:
    person = world.person("kim")
    browser, script = world.signed_in(person), world.browser(headers=world.token(person))
    admin = world.script(Role.ADMIN)

    answer = admin.patch(f"/api/v1/people/{person}", json={"active": False})

    assert answer.status_code == 200
    assert browser.get(f"{API}/viewer").status_code == 401
    assert script.get(f"{API}/viewer").status_code == 401


def test_another_role_holds_from_the_next_request(world: World) -> None:
    person = world.person("kim", Role.SUPERVISOR)
    browser, script = world.signed_in(person), world.browser(headers=world.token(person))

    world.script(Role.ADMIN).patch(f"/api/v1/people/{person}", json={"role": "viewer"})

    assert browser.get(f"{API}/viewer").status_code == 401  # must sign in again
    assert script.get(f"{API}/supervisor").status_code == 403


def session_csrf(browser: TestClient) -> str:
    return str(browser.get(f"{API}/viewer").json()["csrf"])


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_change_by_session_without_the_pages_token_is_refused(world: World, method: str) -> None:
    browser = world.signed_in(world.person("kim"))

    answer = browser.request(method, f"{PAGE}/viewer")

    assert answer.status_code == 403
    assert problem(answer)["title"] == "CSRF check failed"


@pytest.mark.parametrize("wrong", ["", "x", "\u00e9", "A" * 43])
def test_a_wrong_token_is_refused_in_header_and_field(world: World, wrong: str) -> None:
    browser = world.signed_in(world.person("kim"))

    by_header = browser.post(f"{PAGE}/viewer", headers={b"X-CSRF-Token": wrong.encode("latin-1")})
    by_field = browser.post(f"{PAGE}/viewer", data={"csrf": wrong})

    assert (by_header.status_code, by_field.status_code) == (403, 403)


def test_the_token_of_another_session_is_refused(world: World) -> None:
    kim, lee = world.signed_in(world.person("kim")), world.signed_in(world.person("lee"))

    answer = kim.post(f"{PAGE}/viewer", headers={"X-CSRF-Token": session_csrf(lee)})

    assert answer.status_code == 403


def test_the_token_is_taken_from_the_header_or_a_form_field(world: World) -> None:
    browser = world.signed_in(world.person("kim"))
    token = session_csrf(browser)

    answers = [
        browser.post(f"{PAGE}/viewer", headers={"X-CSRF-Token": token}),
        browser.post(f"{PAGE}/viewer", data={"csrf": token}),
        browser.post(f"{PAGE}/viewer", data={"csrf": token}, files={"file": b"a,b"}),
        browser.post(f"{API}/viewer", json={"a": 1}, headers={"X-CSRF-Token": token}),
    ]

    assert [answer.status_code for answer in answers] == [200] * 4


def test_a_file_in_the_tokens_place_is_no_token(world: World) -> None:
    browser = world.signed_in(world.person("kim"))

    assert browser.post(f"{PAGE}/viewer", files={"csrf": session_csrf(browser).encode()}).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": OWN}, 200),
        ({"Origin": "null"}, 200),  # our own pages, when they send no referrer; the token has decided
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://central:8001"}, 403),
        ({"Origin": "http://central.evil.example"}, 403),
        ({"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
    ids=str,
)
def test_a_page_of_another_site_is_refused_even_with_the_token(
    world: World, headers: dict[str, str], status: int
) -> None:
    browser = world.signed_in(world.person("kim"))

    answer = browser.post(f"{PAGE}/viewer", headers={"X-CSRF-Token": session_csrf(browser), **headers})

    assert answer.status_code == status


def test_a_script_needs_no_page_token(world: World) -> None:
    script = world.script(Role.VIEWER)

    assert script.post(f"{API}/viewer", headers={"Origin": "http://evil.example"}).status_code == 200


def test_an_idle_session_ends_and_a_used_one_stays(world: World) -> None:
    idle, used = world.signed_in(world.person("kim")), world.signed_in(world.person("lee"))

    for _ in range(3):
        world.clock.now_ms += 5 * HOUR
        used.get(f"{API}/viewer")

    assert idle.get(f"{API}/viewer").status_code == 401
    assert used.get(f"{API}/viewer").status_code == 200


def test_every_session_ends_after_a_week(world: World) -> None:
    browser = world.signed_in(world.person("kim"))

    statuses = []
    for _ in range(15):
        world.clock.now_ms += 12 * HOUR - MINUTE
        statuses.append(browser.get(f"{API}/viewer").status_code)

    assert statuses == [200] * 14 + [401]
    assert 15 * (12 * HOUR - MINUTE) > 7 * DAY


def test_a_guessed_session_is_none(world: World) -> None:
    browser = world.browser(cookies={"ekanban": "guess"})

    assert browser.get(f"{API}/viewer").status_code == 401


def test_the_page_of_a_stranger_holds_no_session_token(world: World) -> None:
    assert len(csrf_of(world.browser().get("/sign-in"))) == 43
