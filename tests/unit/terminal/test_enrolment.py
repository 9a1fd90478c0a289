"""Enrolment from the terminal's side: the secret stays here, and only the central that the code names is believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from terminal_world import TERMINAL, run

from ekanban_core import enrolment
from ekanban_core.ed25519 import verifier
from ekanban_core.enrolment import Code, key_bytes, key_text
from ekanban_core.signatures import Target, read_request, sign_answer
from ekanban_core.wire import EnrolAnswer, EnrolRequest
from ekanban_terminal import identity
from ekanban_terminal.enroll import EnrolmentFailed, enrol
from ekanban_terminal.errors import LinkDown, NotEnrolled
from ekanban_terminal.identity import BadIdentity
from ekanban_terminal.link import Reply, Request

URL = "http://central.test"


@dataclass
class EnrollingCentral:
    """What central does with one code."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    prefix: str = ""
    lose: int = 0  # answers that never arrive
    requests: list[EnrolRequest] = field(default_factory=list)
    state: str = "pending"

    def __post_init__(self) -> None:
        self.public = self.key.public_key().public_bytes_raw()
        self.code = enrolment.new_code(lambda count: bytes(range(count)), self.public)

    async def ask(self, request: Request) -> Reply:
        headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
        claim = read_request(Target(request.method, request.path), headers)
        claim.check_body(request.body)
        asked = EnrolRequest.model_validate_json(request.body)
        device = key_bytes(asked.public_key)
        claim.prove(verifier(device))
        assert enrolment.mac_holds(self.code.mac_key, asked.id, asked.name, device, asked.mac)
        self.requests.append(asked)
        if self.lose:
            self.lose -= 1
            raise LinkDown("lost")
        answer = EnrolAnswer(
            terminal=TERMINAL, state=self.state, central_key=key_text(self.public), generation="g", site="Plant One"
        )
        body = answer.model_dump_json().encode()
        signed = sign_answer(self.key.sign, enrolment.fingerprint(self.public), 201, body, claim.signature)
        return Reply(201, tuple((name.encode(), value.encode()) for name, value in signed.items()), body)

    async def close(self) -> None:
        """Nothing is open."""


def _enrol(folder: Path, central: Any, code: Code | None = None, say: Callable[[str], None] = print) -> EnrolAnswer:
    return run(enrol(folder, "Line 4", central, URL, code or central.code, say))


def test_an_enrolled_terminal_knows_who_it_is_and_whom_it_believes(tmp_path: Path) -> None:
    central = EnrollingCentral()
    said: list[str] = []

    _enrol(tmp_path, central, say=said.append)

    found = identity.load(tmp_path)
    assert (found.terminal, found.url, found.site) == (TERMINAL, URL, "Plant One")
    assert found.central == enrolment.fingerprint(central.public)
    assert found.verify(central.key.sign(b"base"), b"base")
    assert not found.verify(Ed25519PrivateKey.generate().sign(b"base"), b"base")
    assert "supervisor" in said[-1]


def test_the_secret_never_travels_and_the_key_is_nobodys_business(tmp_path: Path) -> None:
    central = EnrollingCentral()

    _enrol(tmp_path, central)

    assert central.code.secret not in json.dumps(central.requests[0].model_dump())
    keys = list(tmp_path.glob("*.pem"))
    assert [oct(key.stat().st_mode & 0o777) for key in keys] == ["0o600"]
    assert oct((tmp_path / identity.FILE).stat().st_mode & 0o777) == "0o600"


def test_a_lost_answer_is_asked_for_again_with_the_same_key(tmp_path: Path) -> None:
    central = EnrollingCentral(lose=1)
    with pytest.raises(EnrolmentFailed, match="lost"):
        _enrol(tmp_path, central)
    with pytest.raises(NotEnrolled):
        identity.load(tmp_path)

    _enrol(tmp_path, central)

    assert central.requests[0] == central.requests[1]


def test_another_code_makes_another_key(tmp_path: Path) -> None:
    first, second = EnrollingCentral(), EnrollingCentral()
    second.code = enrolment.new_code(lambda count: bytes(count), second.public)
    _enrol(tmp_path, first)

    _enrol(tmp_path, second)

    assert first.requests[0].public_key != second.requests[0].public_key
    assert identity.load(tmp_path).central == enrolment.fingerprint(second.public)


def test_another_central_than_the_codes_is_not_believed(tmp_path: Path) -> None:
    central, stranger = EnrollingCentral(), EnrollingCentral()

    with pytest.raises(EnrolmentFailed, match="another central"):
        _enrol(tmp_path, stranger, central.code)

    assert not (tmp_path / identity.FILE).exists()


@dataclass
class Says:
    """Something else that answers at the address."""

    reply: Reply
    prefix: str = ""

    async def ask(self, _request: Request) -> Reply:
        return self.reply

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(200, (), b"<html>"), "not an ekanban central"),
        (Reply(404, (), b"<html>"), "not an ekanban central"),
        (Reply(422, (), b'{"detail": "This code has lapsed."}'), "This code has lapsed."),
        (Reply(500, (), b"[]"), "not an ekanban central"),
    ],
)
def test_whatever_else_answers_is_said_in_words(tmp_path: Path, reply: Reply, said: str) -> None:
    code = EnrollingCentral().code

    with pytest.raises(EnrolmentFailed, match=said):
        _enrol(tmp_path, Says(reply), code)


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    _enrol(tmp_path, EnrollingCentral())
    key = next(tmp_path.glob("*.pem"))
    key.chmod(0o644)

    with pytest.raises(BadIdentity, match="chmod 600"):
        identity.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"terminal": 7}'])
def test_a_damaged_enrolment_is_said_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / identity.FILE).write_bytes(content)

    with pytest.raises(BadIdentity, match="enrol this terminal again"):
        identity.load(tmp_path)


def test_a_new_enrolment_is_noticed_once(tmp_path: Path) -> None:
    changes = identity.Changes(tmp_path)
    assert not changes.seen()

    _enrol(tmp_path, EnrollingCentral())

    assert changes.seen()
    assert not changes.seen()
