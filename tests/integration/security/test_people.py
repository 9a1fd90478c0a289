"""People and their API tokens over the API; terminals over the API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from security_world import DAY, World, problem, submit
from sqlmodel import select

from ekanban_central import first_link
from ekanban_central.secret_words import hash_of
from ekanban_central.tables import ApiToken, Ledger
from ekanban_core.states import Role

PEOPLE, ME = "/api/v1/people", "/api/v1/people/me"


def path_of(url: str) -> str:
    return url.removeprefix("http://central")


def test_an_admin_lets_somebody_in_and_hands_over_the_link(world: World) -> None:
    admin = world.script(Role.ADMIN)

    answer = admin.post(PEOPLE, json={"name": " Kim ", "role": "supervisor", "language": "de"})
    browser = world.browser()
    submit(browser, path_of(answer.json()["sign_in"]["url"]))

    assert answer.status_code == 201
    assert browser.get(ME).json() == {
        "id": answer.json()["id"], "name": "kim", "display_name": "Kim", "role": "supervisor", "language": "de",
        "active": True, "has_password": False,
    }  # fmt: skip


def test_two_people_do_not_have_one_name(world: World) -> None:
    admin = world.script(Role.ADMIN)
    admin.post(PEOPLE, json={"name": "Kim"})

    answer = admin.post(PEOPLE, json={"name": "KIM"})

    assert answer.status_code == 409
    assert "kim" in problem(answer)["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"name": ""}, {"name": " "}, {"name": "x" * 81}, {"name": "a\x00b"}, {"name": "a\nb"},
        {"name": "x", "role": "king"}, {"name": "x", "language": "german"}, {"name": "x", "pasword": "y"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_person_is_refused(world: World, wrong: dict[str, str]) -> None:
    answer = world.script(Role.ADMIN).post(PEOPLE, json=wrong)

    assert answer.status_code in (409, 422)
    assert problem(answer)["detail"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPERVISOR])
def test_only_admins_deal_with_people(world: World, role: Role) -> None:
    script, other = world.script(role), world.person("kim")

    answers = [
        script.get(PEOPLE),
        script.post(PEOPLE, json={"name": "x"}),
        script.get(f"{PEOPLE}/{other}"),
        script.patch(f"{PEOPLE}/{other}", json={"role": "admin"}),
        script.post(f"{PEOPLE}/{other}/link"),
        script.get(f"{PEOPLE}/{other}/tokens"),
        script.post(f"{PEOPLE}/{other}/tokens", json={"name": "x"}),
        script.delete(f"{PEOPLE}/{other}/tokens/{'0' * 16}"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 8


def test_nobody_makes_himself_admin(world: World) -> None:
    person = world.person("kim", Role.SUPERVISOR)
    script = world.browser(headers=world.token(person))

    assert script.patch(f"{PEOPLE}/{person}", json={"role": "admin"}).status_code == 403
    assert script.get(ME).json()["role"] == "supervisor"


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"active": False}])
def test_the_last_admin_stays(world: World, change: dict[str, object]) -> None:
    person = world.person("kim", Role.ADMIN)
    script = world.browser(headers=world.token(person))

    answer = script.patch(f"{PEOPLE}/{person}", json=change)

    assert answer.status_code == 409
    assert "last admin" in problem(answer)["detail"]
    assert script.get(ME).json()["role"] == "admin"


def test_two_admins_who_take_each_others_role_leave_one(world: World) -> None:
    people = [world.person("kim", Role.ADMIN), world.person("lee", Role.ADMIN)]
    scripts = [world.browser(headers=world.token(person)) for person in people]

    def demote(number: int) -> int:
        return scripts[number].patch(f"{PEOPLE}/{people[1 - number]}", json={"role": "viewer"}).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(demote, (0, 1)))

    assert statuses[0] == 200
    assert statuses[1] in (403, 409)


def test_a_change_leaves_what_it_does_not_name(world: World) -> None:
    admin, person = world.script(Role.ADMIN), world.person("kim", Role.SUPERVISOR)

    answer = admin.patch(f"{PEOPLE}/{person}", json={"display_name": "Kim M."})

    assert (answer.json()["display_name"], answer.json()["role"]) == ("Kim M.", "supervisor")


def test_the_list_pages_by_cursor(world: World) -> None:
    for name in ("lee", "kim", "ann", "bob"):
        world.person(name)
    admin = world.script(Role.ADMIN)

    first = admin.get(PEOPLE, params={"limit": 3}).json()
    second = admin.get(PEOPLE, params={"limit": 3, "cursor": first["next"]}).json()

    names = [person["name"] for person in first["items"] + second["items"]]
    assert names == sorted(names)
    assert len(names) == 5
    assert second["next"] is None


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"cursor": "a\x00"}])
def test_a_list_asked_for_wrongly_is_refused(world: World, query: dict[str, str | int]) -> None:
    assert world.script(Role.ADMIN).get(PEOPLE, params=query).status_code == 422


def test_unknown_people_are_not_found(world: World) -> None:
    admin, nobody = world.script(Role.ADMIN), uuid4()

    answers = [
        admin.get(f"{PEOPLE}/{nobody}"),
        admin.patch(f"{PEOPLE}/{nobody}", json={"active": False}),
        admin.post(f"{PEOPLE}/{nobody}/link"),
        admin.post(f"{PEOPLE}/{nobody}/tokens", json={"name": "x"}),
        admin.delete(f"{PEOPLE}/me/tokens/{'0' * 16}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5


def test_whoever_has_left_gets_no_link(world: World) -> None:
    admin, person = world.script(Role.ADMIN), world.person("kim")
    admin.patch(f"{PEOPLE}/{person}", json={"active": False})

    assert admin.post(f"{PEOPLE}/{person}/link").status_code == 409


def test_a_link_made_again_ends_the_earlier_one(world: World) -> None:
    admin, person = world.script(Role.ADMIN), world.person("kim")
    first, second = (path_of(admin.post(f"{PEOPLE}/{person}/link").json()["url"]) for _ in range(2))

    assert world.browser().get(first).status_code == 410
    assert world.browser().get(second).status_code == 200


def test_everybody_makes_and_revokes_tokens_of_their_own(world: World) -> None:
    script = world.script(Role.VIEWER)

    made = script.post(f"{ME}/tokens", json={"name": "export"}).json()
    new = world.browser(headers={"Authorization": f"Bearer {made['token']}"})
    before = new.get(ME).status_code
    revoked = script.delete(f"{ME}/tokens/{made['id']}")
    after = new.get(ME)
    items = script.get(f"{ME}/tokens").json()["items"]

    assert (before, revoked.status_code, after.status_code) == (200, 204, 401)
    assert {item["name"]: item["revoked_at"] is not None for item in items} == {"script": False, "export": True}
    assert script.delete(f"{ME}/tokens/{made['id']}").status_code == 404


def test_tokens_are_stored_hashed_and_shown_once(world: World) -> None:
    script = world.script(Role.VIEWER)
    token = script.post(f"{ME}/tokens", json={"name": "export"}).json()["token"]

    with world.central.database.reading_session() as session:
        stored = session.exec(select(ApiToken.token_hash).where(ApiToken.name == "export")).one()

    assert stored == hash_of(token)
    assert token not in script.get(f"{ME}/tokens").text


def test_the_token_of_somebody_else_is_not_revoked_as_ones_own(world: World) -> None:
    one, other = world.script(Role.VIEWER), world.script(Role.VIEWER)
    token_id = one.get(f"{ME}/tokens").json()["items"][0]["id"]

    assert other.delete(f"{ME}/tokens/{token_id}").status_code == 404
    assert one.get(ME).status_code == 200


def test_an_admin_revokes_the_token_of_anybody(world: World) -> None:
    person = world.person("kim")
    script, admin = world.browser(headers=world.token(person)), world.script(Role.ADMIN)
    token_id = admin.get(f"{PEOPLE}/{person}/tokens").json()["items"][0]["id"]

    assert admin.delete(f"{PEOPLE}/{person}/tokens/{token_id}").status_code == 204
    assert script.get(ME).status_code == 401


def test_the_ledger_says_who_let_whom_in_without_names(world: World) -> None:
    boss = world.person("boss", Role.ADMIN)
    admin = world.browser(headers=world.token(boss))
    kim = admin.post(PEOPLE, json={"name": "kim.example"}).json()["id"]
    admin.patch(f"{PEOPLE}/{kim}", json={"active": False})

    with world.central.database.reading_session() as session:
        rows = session.exec(select(Ledger).where(Ledger.actor == str(boss))).all()

    assert [row.kind for row in rows] == ["person_created", "sign_in_link_made", "person_changed"]
    assert all(row.data["person"] == kim for row in rows)
    assert "kim.example" not in repr(rows)


def test_the_first_start_gives_one_link_and_no_password(world: World) -> None:
    handed = first_link.hand_out(world.central, {})

    assert handed is not None
    assert handed.url is not None
    browser = world.browser()
    submit(browser, path_of(handed.url))
    assert browser.get(ME).json()["role"] == "admin"
    assert first_link.hand_out(world.central, {}) is None


def test_a_first_link_that_nobody_used_is_given_anew_at_the_next_start(world: World) -> None:
    first = first_link.hand_out(world.central, {})
    world.clock.now_ms += 2 * DAY
    second = first_link.hand_out(world.central, {})

    assert first is not None
    assert second is not None
    assert first.url is not None
    assert second.url is not None
    assert world.browser().get(path_of(first.url)).status_code == 410
    assert world.browser().get(path_of(second.url)).status_code == 200


def test_the_first_start_leaves_the_link_of_the_admin_who_was_made_before(world: World) -> None:
    made = world.link(world.person("anna", Role.ADMIN))

    handed = first_link.hand_out(world.central, {})

    assert handed is not None
    assert handed.url is not None
    assert submit(world.browser(), made).status_code == 303
    assert world.browser().get(path_of(handed.url)).status_code == 410


def test_a_central_with_people_gives_no_first_link(world: World) -> None:
    world.person("kim", Role.ADMIN)
    world.person("lee")

    assert first_link.hand_out(world.central, {}) is None


def test_under_systemd_the_first_link_goes_into_a_file_that_others_do_not_read(world: World, tmp_path: Path) -> None:
    first_link.hand_out(world.central, {"INVOCATION_ID": "x"})
    handed = first_link.hand_out(world.central, {"INVOCATION_ID": "x"})

    assert handed is not None
    file = tmp_path / "first-sign-in-link"
    assert (handed.url, handed.file) == (None, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert submit(world.browser(), path_of(file.read_text().strip())).status_code == 303


def test_terminals_are_listed_read_and_renamed(world: World) -> None:
    ids = sorted(world.terminal().id for _ in range(3))
    viewer, supervisor = world.script(Role.VIEWER), world.script(Role.SUPERVISOR)

    first = viewer.get("/api/v1/terminals", params={"limit": 2}).json()
    second = viewer.get("/api/v1/terminals", params={"limit": 2, "cursor": first["next"]}).json()
    renamed = supervisor.patch(f"/api/v1/terminals/{ids[0]}", json={"name": "Line 9"})

    assert [terminal["id"] for terminal in first["items"] + second["items"]] == ids
    assert second["next"] is None
    assert renamed.json()["name"] == "Line 9"
    assert viewer.get(f"/api/v1/terminals/{ids[0]}").json() == renamed.json()


def test_only_supervisors_deal_with_terminals(world: World) -> None:
    terminal, viewer = world.terminal(), world.script(Role.VIEWER)

    answers = [
        viewer.post("/api/v1/terminals/codes", json={}),
        viewer.post(f"/api/v1/terminals/{terminal.id}/approve"),
        viewer.post(f"/api/v1/terminals/{terminal.id}/revoke"),
        viewer.patch(f"/api/v1/terminals/{terminal.id}", json={"name": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert world.browser().get("/api/v1/terminals").status_code == 401


def test_unknown_terminals_are_not_found(world: World) -> None:
    supervisor, nobody = world.script(Role.SUPERVISOR), UUID(int=7)

    answers = [
        supervisor.get(f"/api/v1/terminals/{nobody}"),
        supervisor.post(f"/api/v1/terminals/{nobody}/approve"),
        supervisor.post(f"/api/v1/terminals/{nobody}/revoke"),
        supervisor.patch(f"/api/v1/terminals/{nobody}", json={"name": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
