"""Coming in and going out: links that work once, passwords, cookies, sign-out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from security_world import DAY, World, csrf_of, submit
from sqlmodel import select

from ekanban_central import passwords, people
from ekanban_central.secret_words import hash_of
from ekanban_central.tables import Person, SignInLink, WebSession
from ekanban_central.throttle import Throttle
from ekanban_core.states import Role

WHO = "/api/v1/people/me"
PASSWORD = "correct horse battery"  # noqa: S105  # of people who exist in tests only
ANOTHER = "another good one"


def with_password(world: World, name: str = "kim", password: str = PASSWORD) -> UUID:
    person = world.person(name)
    with world.central.database.session() as session:
        people.set_password(session, people.one(session, person), passwords.hash_now(password))
    return person


def sign_in(browser: TestClient, name: str, password: str, **fields: str) -> Any:
    return submit(browser, "/sign-in", name=name, password=password, **fields)


def test_a_link_shows_a_button_and_the_button_signs_in(world: World) -> None:
    person = world.person("kim")
    link, browser = world.link(person), world.browser()

    page = browser.get(link)
    answer = submit(browser, link)

    assert page.status_code == 200
    assert "kim" in page.text
    assert (answer.status_code, answer.headers["location"]) == (303, "/password")
    assert browser.get(WHO).json()["id"] == str(person)


def test_looking_at_a_link_uses_nothing_up(world: World) -> None:
    link = world.link(world.person("kim"))

    for _ in range(5):
        world.browser().get(link)
        world.browser().head(link)

    assert submit(world.browser(), link).status_code == 303


def test_a_link_works_once(world: World) -> None:
    link, late = world.link(world.person("kim")), world.browser()
    page = late.get(link)
    submit(world.browser(), link)

    answer = late.post(link, data={"csrf": csrf_of(page)})

    assert answer.status_code == 410
    assert late.get(WHO).status_code == 401
    assert world.browser().get(link).status_code == 410


def test_of_two_who_press_the_button_at_once_one_gets_in(world: World) -> None:
    link = world.link(world.person("kim"))
    browsers = [world.browser() for _ in range(4)]
    tokens = [csrf_of(browser.get(link)) for browser in browsers]
    together = Barrier(4)

    def press(browser: TestClient, token: str) -> int:
        together.wait()
        return browser.post(link, data={"csrf": token}).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(press, browsers, tokens))

    assert statuses == [303, 410, 410, 410]


def test_a_link_ends_after_a_day(world: World) -> None:
    link = world.link(world.person("kim"))
    browser = world.browser()
    page = browser.get(link)
    world.clock.now_ms += DAY

    answer = browser.post(link, data={"csrf": csrf_of(page)})

    assert answer.status_code == 410


def test_a_newer_link_ends_the_older_one(world: World) -> None:
    person = world.person("kim")
    older, newer = world.link(person), world.link(person)

    assert world.browser().get(older).status_code == 410
    assert submit(world.browser(), newer).status_code == 303


def test_the_link_of_somebody_who_has_left_does_not_work(world: World) -> None:
    person = world.person("kim")
    link, browser = world.link(person), world.browser()
    page = browser.get(link)
    world.script(Role.ADMIN).patch(f"/api/v1/people/{person}", json={"active": False})

    assert browser.post(link, data={"csrf": csrf_of(page)}).status_code == 410


@pytest.mark.parametrize("word", ["x", "A" * 43, "%00", "%ED%A0%80", "..%2f..", "A" * 5000])
def test_a_guessed_link_does_not_work(world: World, word: str) -> None:
    assert world.browser().get(f"/link/{word}").status_code in (404, 410)


def test_a_link_tells_nobody_where_one_came_from_and_is_not_kept(world: World) -> None:
    page = world.browser().get(world.link(world.person("kim")))

    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"


def test_links_and_sessions_are_stored_hashed(world: World) -> None:
    browser, link = world.browser(), world.link(world.person("kim"))
    submit(browser, link)
    word = link.removeprefix("/link/")

    with world.central.database.reading_session() as session:
        links = session.exec(select(SignInLink)).all()
        sessions = session.exec(select(WebSession)).all()

    assert [link.token_hash for link in links] == [hash_of(word)]
    assert [session.token_hash for session in sessions] == [hash_of(browser.cookies["ekanban"])]


def test_a_link_cannot_be_pressed_by_another_site(world: World) -> None:
    link, browser = world.link(world.person("kim")), world.browser()
    page = browser.get(link)

    answers = [
        browser.post(link, data={"csrf": csrf_of(page)}, headers={"Origin": "http://evil.example"}),
        browser.post(link, data={"csrf": "x"}),
        browser.post(link),
        world.browser().post(link, data={"csrf": csrf_of(page)}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert submit(browser, link).status_code == 303


def test_a_link_takes_the_place_of_the_old_password(world: World) -> None:
    person = with_password(world)
    submit(world.browser(), world.link(person))

    assert sign_in(world.browser(), "kim", PASSWORD).status_code == 401


def test_name_and_password_sign_in_and_lead_where_one_wanted_to_go(world: World) -> None:
    person, browser = with_password(world), world.browser()

    answer = sign_in(browser, "kim", PASSWORD, next="/signals?state=open")

    assert (answer.status_code, answer.headers["location"]) == (303, "/signals?state=open")
    assert browser.get(WHO).json()["id"] == str(person)


@pytest.mark.parametrize("name", ["KIM", " kim ", "\uff2bim"])
def test_a_name_is_typed_in_any_case(world: World, name: str) -> None:
    with_password(world)

    assert sign_in(world.browser(), name, PASSWORD).status_code == 303


@pytest.mark.parametrize(
    "away",
    [
        "//evil.example", "https://evil.example", "\\\\evil.example", "/\\evil.example", "javascript:alert(1)", "",
        "/\t/evil.example", "/a\r\nSet-Cookie: x=1", "evil",
    ],
)  # fmt: skip
def test_nobody_is_led_to_another_site(world: World, away: str) -> None:
    with_password(world)

    answer = sign_in(world.browser(), "kim", PASSWORD, next=away)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_person_without_a_password_cannot_sign_in_with_one(world: World) -> None:
    world.person("kim")

    for password in ("", "x", "nobody has this password"):
        assert sign_in(world.browser(), "kim", password).status_code == 401


@pytest.mark.parametrize("name", ["kim", "nobody", "", "a\x00b", "x" * 300])
def test_a_wrong_password_and_an_unknown_name_are_refused_alike_and_as_slowly(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_password(world)
    checks: list[str | None] = []
    really = passwords.check_now

    def counted(stored: str | None, password: str) -> bool:
        checks.append(stored)
        return really(stored, password)

    monkeypatch.setattr(passwords, "check_now", counted)

    answer = sign_in(world.browser(), name, "wrong")

    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert len(checks) == 1
    assert "wrong" not in answer.text.replace("password is wrong", "")  # what was typed is not shown again


def test_a_nobodys_password_costs_as_much_as_a_real_one() -> None:
    assert passwords.check_now(None, "nobody has this password") is False
    assert passwords._nobodys().split("$")[1:4] == passwords.hash_now("x").split("$")[1:4]


def test_ten_wrong_tries_close_a_name_and_no_other(world: World) -> None:
    with_password(world, "kim")
    with_password(world, "lee")
    tries = [sign_in(world.browser(), "kim", "wrong").status_code for _ in range(10)]

    closed = sign_in(world.browser(), " KIM", PASSWORD)

    assert tries == [401] * 10
    assert closed.status_code == 429
    assert 0 < int(closed.headers["retry-after"]) <= 15 * 60
    assert "Try again in 15 minutes" in closed.text
    assert sign_in(world.browser(), "lee", PASSWORD).status_code == 303


def test_a_name_that_nobody_has_closes_too(world: World) -> None:
    statuses = [sign_in(world.browser(), "nobody", "wrong").status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]


def test_a_closed_name_opens_after_a_quarter_of_an_hour(world: World) -> None:
    now = 0.0
    world.app.state.throttle = Throttle(lambda: now)
    with_password(world)
    for _ in range(11):
        sign_in(world.browser(), "kim", "wrong")

    now = 15 * 60 + 1

    assert sign_in(world.browser(), "kim", PASSWORD).status_code == 303


def test_the_right_password_forgets_the_wrong_tries(world: World) -> None:
    with_password(world)

    for _ in range(3):
        for _ in range(9):
            sign_in(world.browser(), "kim", "wrong")
        assert sign_in(world.browser(), "kim", PASSWORD).status_code == 303


def test_a_closed_name_still_comes_in_by_a_link(world: World) -> None:
    person = with_password(world)
    for _ in range(11):
        sign_in(world.browser(), "kim", "wrong")

    assert submit(world.browser(), world.link(person)).status_code == 303


def test_a_sign_in_cannot_be_sent_by_another_site(world: World) -> None:
    with_password(world)
    browser = world.browser()
    page = browser.get("/sign-in")
    form = {"name": "kim", "password": PASSWORD}

    answers = [
        browser.post("/sign-in", data=form),
        browser.post("/sign-in", data={**form, "csrf": "x"}),
        browser.post("/sign-in", data={**form, "csrf": csrf_of(page)}, headers={"Origin": "http://evil.example"}),
        world.browser().post("/sign-in", data={**form, "csrf": csrf_of(page)}),
        world.browser(cookies={"ekanban-form": ""}).post("/sign-in", data={**form, "csrf": ""}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5


def cookie_flags(answer: Any, name: str) -> set[str]:
    (cookie,) = [cookie for cookie in answer.headers.get_list("set-cookie") if cookie.startswith(f"{name}=")]
    return {part.strip().lower().split("=")[0] for part in cookie.split(";")[1:]} | {
        part.strip().lower() for part in cookie.split(";")[1:] if "samesite" in part.lower()
    }


def test_the_cookie_is_kept_from_scripts_and_other_sites(world: World) -> None:
    with_password(world)

    answer = sign_in(world.browser(), "kim", PASSWORD)

    flags = cookie_flags(answer, "ekanban")
    assert {"httponly", "samesite=lax", "path", "max-age"} <= flags
    assert "secure" not in flags


def test_under_https_the_cookie_is_secure_and_bound_to_the_host(world: World) -> None:
    with_password(world)
    browser = world.browser("https://central")

    answer = sign_in(browser, "kim", PASSWORD)

    assert {"secure", "httponly", "samesite=lax"} <= cookie_flags(answer, "__Host-ekanban")
    assert browser.get(WHO).status_code == 200


def test_every_sign_in_makes_a_new_session_and_ends_the_old_one(world: World) -> None:
    person, browser = with_password(world), world.browser()
    sign_in(browser, "kim", PASSWORD)
    old = browser.cookies["ekanban"]

    submit(browser, world.link(person))

    assert browser.cookies["ekanban"] != old
    assert world.browser(cookies={"ekanban": old}).get(WHO).status_code == 401


def test_a_planted_session_is_not_taken_over(world: World) -> None:
    with_password(world)
    browser = world.browser(cookies={"ekanban": "planted"})

    sign_in(browser, "kim", PASSWORD)

    assert world.browser(cookies={"ekanban": "planted"}).get(WHO).status_code == 401


def test_somebody_signed_in_is_not_asked_again(world: World) -> None:
    browser = world.signed_in(world.person("kim"))

    answer = browser.get("/sign-in?next=/signals")

    assert (answer.status_code, answer.headers["location"]) == (303, "/signals")


def test_signing_out_ends_the_session(world: World) -> None:
    browser = world.signed_in(world.person("kim"))
    word = browser.cookies["ekanban"]
    csrf = csrf_of(browser.get("/password"))

    answer = browser.post("/sign-out", data={"csrf": csrf})

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "ekanban" not in browser.cookies
    assert world.browser(cookies={"ekanban": word}).get(WHO).status_code == 401


def test_nobody_is_signed_out_by_another_site(world: World) -> None:
    browser = world.signed_in(world.person("kim"))

    assert browser.post("/sign-out").status_code == 403
    assert browser.get(WHO).status_code == 200


def test_after_a_link_a_password_is_chosen(world: World) -> None:
    browser = world.signed_in(world.person("kim"))

    answer = submit(browser, "/password", password=PASSWORD, again=PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get(WHO).json()["has_password"] is True
    assert sign_in(world.browser(), "kim", PASSWORD).status_code == 303


def test_a_password_is_stored_as_argon2id(world: World) -> None:
    person = world.person("kim")
    submit(world.signed_in(person), "/password", password=PASSWORD, again=PASSWORD)

    with world.central.database.reading_session() as session:
        stored = session.get_one(Person, person).password_hash

    assert stored is not None
    assert stored.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "too short"),
        ("x" * 9, "x" * 9, "too short"),
        ("", "", "too short"),
        ("x" * 201, "x" * 201, "too long"),
        ("Kim.Example.Person", "Kim.Example.Person", "Your name is no password"),
        (PASSWORD, PASSWORD + "x", "not the same"),
    ],
)
def test_a_password_that_will_not_do_is_refused_beside_its_field(
    world: World, password: str, again: str, says: str
) -> None:
    browser = world.signed_in(world.person("kim.example.person"))

    answer = submit(browser, "/password", password=password, again=again)

    assert answer.status_code == 422
    assert says in answer.text
    assert browser.get(WHO).json()["has_password"] is False


@pytest.mark.parametrize("password", ["pässwörter sind gut", "a\x00b with a NUL in it", "\U0001f511" * 10])
def test_any_characters_make_a_password(world: World, password: str) -> None:
    submit(world.signed_in(world.person("kim")), "/password", password=password, again=password)

    assert sign_in(world.browser(), "kim", password).status_code == 303


def test_two_ways_of_typing_the_same_characters_are_one_password(world: World) -> None:
    with_password(world, "kim", "pässwörter sind gut")

    assert sign_in(world.browser(), "kim", "pa\u0308sswo\u0308rter sind gut").status_code == 303


def test_a_new_password_needs_the_old_one(world: World) -> None:
    with_password(world)
    browser = world.browser()
    sign_in(browser, "kim", PASSWORD)
    new = {"password": ANOTHER, "again": ANOTHER}

    wrong = submit(browser, "/password", current="wrong", **new)
    right = submit(browser, "/password", current=PASSWORD, **new)

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert "not your password" in wrong.text
    assert sign_in(world.browser(), "kim", PASSWORD).status_code == 401


def test_guessing_the_old_password_is_slowed_down_as_well(world: World) -> None:
    with_password(world)
    browser = world.browser()
    sign_in(browser, "kim", PASSWORD)
    new = {"password": ANOTHER, "again": ANOTHER}

    statuses = [submit(browser, "/password", current="wrong", **new).status_code for _ in range(11)]

    assert statuses == [422] * 10 + [429]


def test_a_new_password_ends_all_other_sessions(world: World) -> None:
    person = with_password(world)
    here, elsewhere = world.browser(), world.browser()
    for browser in (here, elsewhere):
        sign_in(browser, "kim", PASSWORD)
    script = world.browser(headers=world.token(person))

    submit(here, "/password", current=PASSWORD, password=ANOTHER, again=ANOTHER)

    assert here.get(WHO).status_code == 200
    assert elsewhere.get(WHO).status_code == 401
    assert script.get(WHO).status_code == 200  # tokens are revoked by name


def test_strangers_cannot_set_passwords(world: World) -> None:
    assert world.browser().get("/password").status_code == 303
    assert world.browser().post("/password", data={"password": PASSWORD, "again": PASSWORD}).status_code == 303


@pytest.mark.parametrize("path", ["/sign-in", "/link/x"])
def test_what_was_typed_is_never_interpreted(world: World, path: str) -> None:
    answer = sign_in(world.browser(), '"><script>alert(1)</script>', "x") if path == "/sign-in" else None
    text = answer.text if answer is not None else world.browser().get("/link/%3Cscript%3Ealert(1)").text

    assert "<script>alert" not in text
