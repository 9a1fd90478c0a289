"""Every signed route of central, walked through all that can be wrong with a request, and with its answer."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.routing import iter_route_contexts
from security_world import CENTRAL_KEY, Device, World, problem

from ekanban_central.access import SIGNATURE, enrolled_terminal, signed_terminal
from ekanban_core import enrolment
from ekanban_core.ed25519 import verifier
from ekanban_core.errors import BadSignature
from ekanban_core.signatures import check_answer, content_digest
from ekanban_core.states import Role

SCANS, REGISTER, ENROL = "/api/v1/scans", "/api/v1/register", enrolment.PATH
RESERVE, REPORT = "/api/v1/terminals/prints/reserve", "/api/v1/terminals/prints/report"
MISSING = "/api/v1/terminals/prints/missing"
ROUTES = {SCANS: "POST", REGISTER: "GET", RESERVE: "POST", REPORT: "POST", MISSING: "POST"}
REQUEST = "/api/v1/terminals/prints/request"  # signed like these, and refused here: no printer
YEAR_S = 366 * 86_400
Headers = dict[str, str]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: what is refused here never reaches it."""
    return f"sqlite:///{tmp_path / 'central.db'}"


def batch(terminal: Device) -> bytes:
    """One scan of an empty bin."""
    scan = {
        "id": str(uuid4()), "epoch": terminal.id, "seq": 1, "raw": base64.b64encode(b"4711").decode(),
        "intent": "empty",
    }  # fmt: skip
    return json.dumps({"version": 1, "terminal": terminal.id, "generation": None, "scans": [scan]}).encode()


def body_for(path: str, terminal: Device) -> bytes:
    start = {"version": 1, "terminal": terminal.id, "epoch": {"epoch": terminal.id}}
    bodies = {SCANS: batch(terminal), REGISTER: b""}
    return bodies.get(path) or (
        json.dumps({**start, "reports": [{}]}).encode() if path in (RESERVE, REPORT, MISSING) else b""
    )


def ask(world: World, path: str, headers: Any, body: bytes, query: str = "") -> httpx2.Response:
    return world.browser().request(ROUTES[path], path + query, content=body, headers=headers)


def resigned(terminal: Device, path: str, body: bytes, change: Callable[[str], str]) -> Headers:
    """Signed again by the terminal's own key, over other parameters than the profile's."""
    signed = terminal.sign(ROUTES[path], path, body=body).headers
    parameters = change(signed["Signature-Input"].removeprefix("ekanban="))
    covered = re.findall(r'"([^"]+)"', parameters[: parameters.index(")")])
    values = {"@method": ROUTES[path], "@path": path, "@query": "?", "content-digest": signed["Content-Digest"]}
    lines = [f'"{name}": {values[name]}' for name in covered]
    base = "\n".join([*lines, f'"@signature-params": {parameters}']).encode()
    signature = base64.b64encode(terminal.key.sign(base)).decode()
    return {**signed, "Signature-Input": f"ekanban={parameters}", "Signature": f"ekanban=:{signature}:"}


def stored(world: World) -> int:
    return world.ledger_kinds().count("scan")


def test_the_walk_knows_every_signed_route(world: World) -> None:
    def signs(dependant: Any) -> bool:
        proving = (signed_terminal, enrolled_terminal, SIGNATURE)  # the last: routes that prove it by themselves
        return any(one.call in proving or signs(one) for one in dependant.dependencies)

    routes = {one.path: one for one in iter_route_contexts(world.app.routes)}
    found = {path for path, one in routes.items() if hasattr(one, "dependant") and signs(one.dependant)}

    assert found - {"/api/v1/terminals/enroll", REQUEST} == set(ROUTES)  # a stranger signs that; its walk is below


@pytest.mark.parametrize("path", ROUTES)
def test_a_clock_that_is_off_by_a_year_either_way_is_accepted(world: World, path: str) -> None:
    terminal = world.terminal()
    for created in (world.clock() // 1000 - YEAR_S, world.clock() // 1000 + YEAR_S, 0):
        body = body_for(path, terminal)
        headers = resigned(terminal, path, body, lambda text, at=created: f"{text};created={at}")  # type: ignore[misc]  # bound now

        answer = ask(world, path, headers, body)

        assert answer.status_code == 200, answer.text


WRONG: dict[str, Callable[[str], str]] = {
    "a component is not covered": lambda text: text.replace(' "@query"', ""),
    "the body is not covered": lambda text: text.replace(' "content-digest"', ""),
    "the order is another one": lambda text: text.replace('"@method" "@path"', '"@path" "@method"'),
    "the tag is another one": lambda text: text.replace('tag="ekanban"', 'tag="other"'),
    "there is no tag": lambda text: text.replace(';tag="ekanban"', ""),
    "the algorithm is another one": lambda text: text + ';alg="hmac-sha256"',
    "there is no nonce": lambda text: re.sub(r';nonce="[^"]*"', "", text),
    "there is no key id": lambda text: re.sub(r';keyid="[^"]*"', "", text),
    "it expires": lambda text: text + ";expires=4000000000",
}


@pytest.mark.parametrize("path", ROUTES)
def test_another_profile_is_refused_though_the_key_is_right(world: World, path: str) -> None:
    terminal = world.terminal()
    body = body_for(path, terminal)
    for what, change in WRONG.items():
        answer = ask(world, path, resigned(terminal, path, body, change), body)

        assert answer.status_code == 401, what
        assert problem(answer)["title"] == "Not authentic"
        assert "signature" not in answer.headers
    assert stored(world) == 0


@pytest.mark.parametrize("path", ROUTES)
def test_what_somebody_else_made_or_altered_is_refused(world: World, path: str) -> None:
    terminal, other = world.terminal(), world.terminal()
    body = body_for(path, terminal)
    good = terminal.sign(ROUTES[path], path, body=body).headers
    elsewhere = terminal.sign(ROUTES[path], SCANS if path == REGISTER else REGISTER, body=body).headers
    as_other = terminal.sign(ROUTES[path], path, body=body, key_id=other.id).headers
    wrong_key = Device(world).sign(ROUTES[path], path, body=body, key_id=terminal.id).headers
    other_method = terminal.sign("PUT", path, body=body).headers
    evil = body.replace(b"4711", b"0815") + b" "
    second = [*good.items(), ("Signature", good["Signature"])]

    tries = {
        "unsigned": ({}, body, ""),
        "wrong key": (wrong_key, body, ""),
        "key id of another terminal": (as_other, body, ""),
        "altered body": (good, evil, ""),
        "altered body and digest": ({**good, "Content-Digest": content_digest(evil)}, evil, ""),
        "altered path": (elsewhere, body, ""),
        "altered query": (good, body, "?since=x"),
        "altered method": (other_method, body, ""),
        "second signature": (second, body, ""),
        "signature of another label": ({**good, "Signature": good["Signature"].replace("ekanban", "x")}, body, ""),
    }

    for what, (headers, content, query) in tries.items():
        answer = ask(world, path, headers, content, query)
        assert (answer.status_code, "signature" in answer.headers) == (401, False), what
    assert stored(world) == 0
    assert ask(world, path, good, body).status_code == 200


def test_a_batch_of_another_terminal_is_refused_though_the_signature_holds(world: World) -> None:
    terminal, other = world.terminal(), world.terminal()

    answer = terminal.send("POST", SCANS, body=batch(other))

    terminal.believe(answer)
    assert answer.status_code == 403
    assert stored(world) == 0


def test_a_replayed_batch_gets_the_same_answer_and_changes_nothing(world: World) -> None:
    terminal = world.terminal()
    body = batch(terminal)
    headers = terminal.sign("POST", SCANS, body=body).headers

    first, *again = (ask(world, SCANS, headers, body).json() for _ in range(3))

    assert stored(world) == 1
    for answer in again:
        assert answer["position"] == first["position"]
        assert answer["results"] == [{**first["results"][0], "repeated": True}]


def test_a_replayed_question_is_only_answered(world: World) -> None:
    terminal = world.terminal()
    headers = terminal.sign("GET", REGISTER).headers
    before = world.ledger_kinds()

    answers = [ask(world, REGISTER, headers, b"") for _ in range(2)]

    assert [answer.json()["cards"] for answer in answers] == [[], []]
    assert world.ledger_kinds() == before


def test_a_terminal_that_waits_for_approval_gets_nothing_and_believes_it(world: World) -> None:
    terminal = world.terminal(approved=False)

    for path, method in ROUTES.items():
        answer = terminal.send(method, path, body=body_for(path, terminal))

        terminal.believe(answer)
        assert (answer.status_code, problem(answer)["standing"]) == (403, "pending")
    assert stored(world) == 0


def test_a_revoked_terminals_scans_are_set_aside_and_nothing_is_told_it(world: World) -> None:
    terminal = world.terminal()
    world.script(Role.SUPERVISOR).post(f"/api/v1/terminals/{terminal.id}/revoke")

    scanned = terminal.send("POST", SCANS, body=batch(terminal))
    terminal.believe(scanned)
    asked = terminal.send("GET", REGISTER)
    terminal.believe(asked)

    assert [one["outcome"] for one in scanned.json()["results"]] == ["set_aside"]
    assert (asked.status_code, problem(asked)["standing"]) == (403, "revoked")


def test_an_enrolment_is_refused_when_its_proofs_do_not_hold_together(world: World) -> None:
    device, code = Device(world), world.code()
    body = enrolment_body(device, code)
    good = device.sign("POST", ENROL, body=body, key_id=code.id).headers

    stranger = Device(world).sign("POST", ENROL, body=body, key_id=code.id).headers
    tries = {
        "unsigned": ({}, body),
        "signed by another key than it names": (stranger, body),
        "signed under another code": (device.sign("POST", ENROL, body=body, key_id="ABCDEF").headers, body),
        "altered": (good, body + b" "),
    }  # fmt: skip
    for what, (headers, content) in tries.items():
        answer = world.browser().post(ENROL, content=content, headers=headers)
        assert (answer.status_code, "signature" in answer.headers) == (401, False), what
    assert "terminal_enrolled" not in world.ledger_kinds()
    assert world.browser().post(ENROL, content=body, headers=good).status_code == 200


def enrolment_body(device: Device, code: enrolment.Code) -> bytes:
    mac = enrolment.mac(code.mac_key, code.id, "Line 4", device.public)
    wish = {"id": code.id, "name": "Line 4", "public_key": enrolment.key_text(device.public), "mac": mac}
    return json.dumps(wish).encode()


def test_no_terminal_believes_an_answer_that_was_not_meant_for_its_request(world: World) -> None:
    terminal = world.terminal()
    for path, method in ROUTES.items():
        body = body_for(path, terminal)
        answer, asked = terminal.send(method, path, body=body), terminal.last.signature
        impostor = Ed25519PrivateKey.generate()

        def believed(
            key: bytes = CENTRAL_KEY.public, status: int = 200, content: bytes = b"", asked: str = asked,
            answer: httpx2.Response = answer,
        ) -> None:  # fmt: skip
            raw = answer.headers.raw
            check_answer(verifier(key), CENTRAL_KEY.id, status, raw, content or answer.content, asked)

        believed()
        other = terminal.sign(method, path, body=body).signature
        for wrong in (
            {"asked": other}, {"status": 500}, {"content": answer.content + b" "},
            {"key": impostor.public_key().public_bytes_raw()},
        ):  # fmt: skip
            with pytest.raises(BadSignature):
                believed(**wrong)  # type: ignore[arg-type]  # each of its own type
