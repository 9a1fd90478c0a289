"""Only enrolled, unrevoked terminals are heard, and only central's own answers are believed (promise 17)."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import Depends
from security_world import Device, World, problem

from ekanban_central.access import SignedTerminal, enrolled_terminal, signed_terminal
from ekanban_central.problems import Problem
from ekanban_core.errors import BadSignature
from ekanban_core.signatures import content_digest
from ekanban_core.states import Role

ANY, GOOD, BROKEN = "/probe/any", "/probe/good", "/probe/broken"
BODY = b'{"scans": [1]}'


@pytest.fixture
def world(world: World) -> World:
    """A central with three routes that only say whom they saw."""

    @world.app.api_route(ANY, methods=["GET", "POST"])
    def see_any(terminal: Annotated[SignedTerminal, Depends(signed_terminal)]) -> dict[str, str]:
        return {"id": str(terminal.id), "standing": terminal.standing, "name": terminal.name}

    @world.app.get(GOOD)
    def see_good(terminal: Annotated[SignedTerminal, Depends(enrolled_terminal)]) -> dict[str, str]:
        return {"id": str(terminal.id)}

    @world.app.get(BROKEN)
    def refuse(terminal: Annotated[SignedTerminal, Depends(signed_terminal)]) -> None:
        raise Problem(410, f"Load all again, {terminal.name}.")

    return world


def test_a_terminal_is_known_by_its_signature_and_believes_the_answer(world: World) -> None:
    terminal = world.terminal()

    answer = terminal.send("POST", ANY, "a=1&b=%20", BODY)

    assert answer.json() == {"id": terminal.id, "standing": "enrolled", "name": "Line 4"}
    terminal.believe(answer)


def test_errors_are_signed_like_everything_else(world: World) -> None:
    terminal = world.terminal()

    answer = terminal.send("GET", BROKEN)

    assert answer.status_code == 410
    terminal.believe(answer)


def test_an_unsigned_request_is_refused_and_the_refusal_is_nobodys(world: World) -> None:
    answer = world.browser().post(ANY, content=BODY)

    assert answer.status_code == 401
    assert "signature-input" in problem(answer)["detail"]
    assert "signature" not in answer.headers


def test_somebody_elses_key_is_refused(world: World) -> None:
    terminal, stranger = world.terminal(), Device(world)

    answer = stranger.send("POST", ANY, body=BODY, key_id=terminal.id)

    assert answer.status_code == 401
    assert "not one of this key" in problem(answer)["detail"]
    with pytest.raises(BadSignature):
        stranger.believe(answer)


@pytest.mark.parametrize("key_id", ["00000000-0000-7000-8000-000000000000", "line-4", "1"])
def test_a_key_that_nobody_has_enrolled_is_refused(world: World, key_id: str) -> None:
    answer = Device(world).send("POST", ANY, body=BODY, key_id=key_id)

    assert answer.status_code == 401


def test_a_revoked_terminal_is_heard_only_where_its_scans_are_set_aside(world: World) -> None:
    terminal, supervisor = world.terminal(), world.script(Role.SUPERVISOR)

    supervisor.post(f"/api/v1/terminals/{terminal.id}/revoke")
    scans = terminal.send("POST", ANY, body=BODY)
    terminal.believe(scans)
    register = terminal.send("GET", GOOD)
    terminal.believe(register)

    assert scans.json()["standing"] == "revoked"
    assert (register.status_code, problem(register)["standing"]) == (403, "revoked")


def test_a_terminal_that_waits_for_approval_is_told_so(world: World) -> None:
    terminal = world.terminal(approved=False)

    for path in (ANY, GOOD):
        answer = terminal.send("GET", path)
        terminal.believe(answer)

        assert answer.status_code == 403
        assert problem(answer)["title"] == "Waits for approval"
        assert problem(answer)["standing"] == "pending"


def test_an_approved_terminal_works_from_its_next_request(world: World) -> None:
    terminal, supervisor = world.terminal(approved=False), world.script(Role.SUPERVISOR)

    supervisor.post(f"/api/v1/terminals/{terminal.id}/approve")

    assert terminal.send("GET", GOOD).status_code == 200


def test_a_revoked_terminal_cannot_be_approved_again(world: World) -> None:
    terminal, supervisor = world.terminal(), world.script(Role.SUPERVISOR)
    supervisor.post(f"/api/v1/terminals/{terminal.id}/revoke")

    answer = supervisor.post(f"/api/v1/terminals/{terminal.id}/approve")

    assert answer.status_code == 409
    assert terminal.send("GET", GOOD).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("POST", ANY, "a=1", BODY + b" "),
        ("POST", ANY, "a=1", b""),
        ("POST", ANY, "a=2", BODY),
        ("POST", ANY, "", BODY),
        ("GET", ANY, "a=1", BODY),
        ("POST", "/probe/%61ny", "a=1", BODY),
    ],
)
def test_what_was_altered_on_the_way_is_refused(world: World, method: str, path: str, query: str, body: bytes) -> None:
    signed = world.terminal().sign("POST", ANY, "a=1", BODY)

    answer = world.browser().request(
        method, path + (f"?{query}" if query else ""), content=body, headers=signed.headers
    )

    assert answer.status_code == 401


def test_the_signature_of_one_request_does_not_carry_another(world: World) -> None:
    signed = world.terminal().sign("GET", ANY)

    answer = world.browser().get(GOOD, headers=signed.headers)

    assert answer.status_code == 401


def test_a_second_signature_is_refused(world: World) -> None:
    headers = list(world.terminal().sign("POST", ANY, body=BODY).headers.items())

    answer = world.browser().post(ANY, content=BODY, headers=[*headers, ("Signature", headers[2][1])])

    assert answer.status_code == 401
    assert "got two" in problem(answer)["detail"]


def test_a_request_without_a_digest_is_refused(world: World) -> None:
    headers = dict(world.terminal().sign("POST", ANY, body=BODY).headers)
    del headers["Content-Digest"]

    assert world.browser().post(ANY, content=BODY, headers=headers).status_code == 401


def test_a_body_changed_together_with_its_digest_is_refused(world: World) -> None:
    headers = dict(world.terminal().sign("POST", ANY, body=BODY).headers)
    headers["Content-Digest"] = content_digest(b"evil")

    assert world.browser().post(ANY, content=b"evil", headers=headers).status_code == 401


def test_a_request_sent_again_gets_an_answer_again_because_repetition_is_harmless(world: World) -> None:
    terminal = world.terminal()
    signed = terminal.sign("POST", ANY, body=BODY)

    answers = [world.browser().post(ANY, content=BODY, headers=signed.headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_the_answer_to_another_request_is_not_believed(world: World) -> None:
    terminal = world.terminal()
    earlier = terminal.send("POST", ANY, body=BODY)
    terminal.send("POST", ANY, body=BODY)

    with pytest.raises(BadSignature):
        terminal.believe(earlier)


def test_an_answer_to_a_browser_is_not_signed(world: World) -> None:
    answer = world.browser().get("/sign-in")

    assert "signature" not in answer.headers
