"""How a device becomes a terminal, and everything that keeps others out."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from security_world import CENTRAL_KEY, MINUTE, Device, World, problem
from sqlmodel import func, select

from ekanban_central.tables import EnrolmentCode, Terminal
from ekanban_core import enrolment
from ekanban_core.errors import BadSignature
from ekanban_core.states import Role


def terminals_in(world: World) -> int:
    with world.central.database.reading_session() as session:
        return session.exec(select(func.count()).select_from(Terminal)).one()


def test_a_device_with_a_code_becomes_a_terminal_and_knows_its_central(world: World) -> None:
    device, code = Device(world), world.code()

    answer = device.enrol(code)

    assert answer.status_code == 200
    device.believe(answer)
    code.check_central(enrolment.key_bytes(answer.json()["central_key"]))
    assert answer.json()["state"] == "enrolled"
    assert answer.json()["generation"] == "g-1"
    assert answer.json()["site"] == "Plant 1"


def test_a_device_with_a_code_without_approval_waits_for_a_supervisor(world: World) -> None:
    answer = Device(world).enrol(world.code(approved=False))

    assert answer.json()["state"] == "pending"


def test_a_lost_answer_is_given_again_even_after_the_code_has_lapsed(world: World) -> None:
    device, code = Device(world), world.code()
    first = device.enrol(code)
    world.clock.now_ms += 20 * MINUTE

    again = device.enrol(code)

    device.believe(again)
    assert again.json() == first.json()
    assert terminals_in(world) == 1


def test_another_device_cannot_use_a_code_again(world: World) -> None:
    code = world.code()
    Device(world).enrol(code)

    answer = Device(world).enrol(code)

    assert answer.status_code == 403
    assert "Another device" in problem(answer)["detail"]
    assert terminals_in(world) == 1


def test_of_two_devices_at_once_one_gets_in(world: World) -> None:
    code = world.code()
    devices = [Device(world) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(lambda device: device.enrol(code), devices))

    assert statuses == [200, 403, 403, 403]
    assert terminals_in(world) == 1


def test_a_code_lapses_after_a_quarter_of_an_hour(world: World) -> None:
    code = world.code()
    world.clock.now_ms += 15 * MINUTE

    answer = Device(world).enrol(code)

    assert answer.status_code == 403
    assert "lapsed" in problem(answer)["detail"]


def test_who_does_not_know_the_secret_is_refused_and_five_tries_spend_the_code(world: World) -> None:
    code, stranger = world.code(), Device(world)

    answers = [stranger.enrol(code, mac="0" * 64) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {403}
    assert {problem(answer)["detail"] for answer in answers} == {
        "The code is unknown or does not fit. Ask a supervisor for a new one."
    }
    spent = Device(world).enrol(code)
    assert spent.status_code == 403
    assert "too often" in problem(spent)["detail"]


def test_four_wrong_tries_leave_the_right_one(world: World) -> None:
    code = world.code()
    for _ in range(4):
        Device(world).enrol(code, mac="0" * 64)

    assert Device(world).enrol(code).status_code == 200


def test_an_unknown_code_is_refused_with_the_words_of_a_wrong_one(world: World) -> None:
    answer = Device(world).enrol(world.code(), id="ZZZZZZ")

    assert problem(answer)["detail"] == "The code is unknown or does not fit. Ask a supervisor for a new one."


def test_a_refusal_too_is_signed_so_that_nobody_else_can_refuse(world: World) -> None:
    device = Device(world)

    device.believe(device.enrol(world.code(), mac="0" * 64))


def test_who_does_not_hold_the_key_cannot_enrol_it(world: World) -> None:
    code, owner, thief = world.code(), Device(world), Device(world)
    stolen = enrolment.key_text(owner.public)

    answer = thief.enrol(code, public_key=stolen, mac=enrolment.mac(code.mac_key, code.id, "Line 4", owner.public))

    assert answer.status_code == 401
    assert terminals_in(world) == 0


def test_a_name_changed_on_the_way_is_refused(world: World) -> None:
    device, code = Device(world), world.code()

    assert (
        device.enrol(code, name="Line 4", mac=enrolment.mac(code.mac_key, code.id, "Line 5", device.public)).status_code
        == 403
    )


def test_an_unsigned_enrolment_is_refused(world: World) -> None:
    answer = world.browser().post(enrolment.PATH, json={"id": "A", "name": "x", "public_key": "", "mac": ""})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"id": "A"}', b'{"id": "A", "name": "x", "public_key": "AA", "mac": ""}']
)
def test_an_enrolment_of_another_form_is_refused_in_words(world: World, body: bytes) -> None:
    answer = Device(world).send("POST", enrolment.PATH, body=body, key_id="A")

    assert answer.status_code in (401, 422)
    assert problem(answer)["detail"]


def test_an_enrolment_of_great_length_is_refused(world: World) -> None:
    assert Device(world).send("POST", enrolment.PATH, body=b"x" * 5000, key_id="A").status_code == 413


@pytest.mark.parametrize("name", ["", "x" * 81, "a\x00b", "a\nb", "\u202e"])
def test_a_name_that_is_no_line_of_text_is_refused(world: World, name: str) -> None:
    device, code = Device(world), world.code()

    mac = enrolment.mac(code.mac_key, code.id, name, device.public)
    wish = {"id": code.id, "name": name, "public_key": enrolment.key_text(device.public), "mac": mac}

    answer = device.send("POST", enrolment.PATH, body=json.dumps(wish).encode(), key_id=code.id)

    assert answer.status_code == 422


def test_a_revoked_key_does_not_come_back_by_a_new_code(world: World) -> None:
    device = world.terminal()
    world.script(Role.SUPERVISOR).post(f"/api/v1/terminals/{device.id}/revoke")

    answer = device.enrol(world.code())

    assert answer.status_code == 403
    assert "revoked" in problem(answer)["detail"]


def test_the_answer_to_a_revoked_terminals_old_code_says_so(world: World) -> None:
    device, code = Device(world), world.code()
    terminal = device.enrol(code).json()["terminal"]
    world.script(Role.SUPERVISOR).post(f"/api/v1/terminals/{terminal}/revoke")

    answer = device.enrol(code)

    device.believe(answer)
    assert (answer.status_code, problem(answer)["standing"]) == (403, "revoked")


def test_a_false_central_is_not_believed(world: World) -> None:
    device, code = Device(world), world.code()
    answer = device.enrol(code)
    false_key = Device(world).public

    with pytest.raises(BadSignature):
        code.check_central(false_key)
    answer.headers["signature"] = answer.headers["signature"].replace("A", "B").replace("a", "b")
    with pytest.raises(BadSignature):
        device.believe(answer)
    assert enrolment.short_fingerprint(CENTRAL_KEY.public) == code.fingerprint


def test_the_secret_is_stored_nowhere(world: World) -> None:
    code = world.code()

    with world.central.database.reading_session() as session:
        stored = session.get_one(EnrolmentCode, code.id)

    assert code.secret not in repr(stored)
    assert stored.mac_key == code.mac_key


def test_a_supervisor_gives_codes_over_the_api(world: World) -> None:
    answer = world.script(Role.SUPERVISOR).post("/api/v1/terminals/codes", json={})

    assert answer.status_code == 201
    code = enrolment.Code.parse(answer.json()["code"])
    assert Device(world).enrol(code).json()["state"] == "pending"
    assert answer.json()["expires_at"].endswith("Z")


def test_enrolment_approval_and_revocation_stand_in_the_ledger(world: World) -> None:
    device, supervisor = world.terminal(approved=False), world.script(Role.SUPERVISOR)

    supervisor.post(f"/api/v1/terminals/{device.id}/approve")
    supervisor.post(f"/api/v1/terminals/{device.id}/approve")
    supervisor.patch(f"/api/v1/terminals/{device.id}", json={"name": "Line 5"})
    supervisor.post(f"/api/v1/terminals/{device.id}/revoke")

    kinds = [kind for kind in world.ledger_kinds() if kind.startswith(("terminal", "enrolment"))]
    assert kinds == [
        "enrolment_code_issued", "terminal_enrolled", "terminal_approved", "terminal_renamed", "terminal_revoked",
    ]  # fmt: skip
