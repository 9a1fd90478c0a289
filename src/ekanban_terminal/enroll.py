"""`ekanban terminal enroll URL CODE`: make this device known to a central, and that central known to this device."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from ekanban_core.ed25519 import verifier
from ekanban_core.enrolment import PATH, Code, fingerprint, key_bytes, key_text, mac
from ekanban_core.errors import BadSignature
from ekanban_core.signatures import Signed, Target, check_answer, sign_request
from ekanban_core.states import TerminalState
from ekanban_core.texts import gettext as _
from ekanban_core.wire import EnrolAnswer, EnrolRequest
from ekanban_terminal import folder as folders
from ekanban_terminal import identity, keys
from ekanban_terminal.errors import LinkDown, TerminalError
from ekanban_terminal.http_link import HttpLink
from ekanban_terminal.identity import Enrolment
from ekanban_terminal.link import Link, Reply, Request

Say = Callable[[str], None]


class EnrolmentFailed(TerminalError):
    """Central did not enrol this terminal."""


def enroll(folder: Path, name: str, url: str, code: str, say: Say = lambda text: None) -> EnrolAnswer:
    """Enrol, and tell of each step. Raises BadReading for a mistyped code, TerminalError for everything else.

    May be repeated with the same code when an answer was lost. A running terminal takes the enrolment over by itself.
    """
    folders.check(folder)
    return asyncio.run(_over_http(folder, name, url, Code.parse(code), say))


async def _over_http(folder: Path, name: str, url: str, code: Code, say: Say) -> EnrolAnswer:
    link = HttpLink(url)
    try:
        return await enrol(folder, name, link, url, code, say)
    finally:
        await link.close()


async def enrol(folder: Path, name: str, link: Link, url: str, code: Code, say: Say) -> EnrolAnswer:
    """The exchange itself. The secret stays here; central's answer counts only with the key that the code names."""
    file, private = keys.for_code(folder, code.id)
    say(_("This terminal has made its key."))
    public = private.public
    request = EnrolRequest(
        id=code.id, name=name, public_key=key_text(public), mac=mac(code.mac_key, code.id, name, public)
    )
    answer = await _ask(link, private, code, request.model_dump_json().encode())
    say(_("Central has answered, and its key is the one that the code names."))
    identity.store(
        folder,
        Enrolment(
            terminal=answer.terminal,
            url=url.rstrip("/"),
            central_key=answer.central_key,
            site=answer.site,
            key=file,
            code=code.id,
        ),
    )
    if answer.state == TerminalState.PENDING:
        say(_("Enrolled. A supervisor has yet to approve this terminal at central; scans are stored until then."))
    else:
        say(_("Enrolled."))
    return answer


async def _ask(link: Link, private: keys.PrivateKey, code: Code, body: bytes) -> EnrolAnswer:
    path = link.prefix + PATH
    signed = sign_request(private.sign, code.id, os.urandom(16).hex(), Target("POST", path), body)
    headers = {"Content-Type": "application/json", **signed.headers}
    try:
        reply = await link.ask(Request("POST", path, body=body, headers=headers))
    except LinkDown as error:
        raise EnrolmentFailed(error.template, **error.facts) from error
    if reply.status >= 300:
        raise EnrolmentFailed(_why(reply))
    return _believed(code, signed, reply)


def _believed(code: Code, signed: Signed, reply: Reply) -> EnrolAnswer:
    """The answer, if it is of the central that gave the code."""
    try:
        answer = EnrolAnswer.model_validate_json(reply.body)
        key = key_bytes(answer.central_key)
        code.check_central(key)
        verify = verifier(key)
        check_answer(verify, fingerprint(key), reply.status, reply.headers, reply.body, signed.signature)
    except ValidationError as error:
        raise EnrolmentFailed(_("What answered is not an ekanban central. Check the address.")) from error
    except BadSignature as error:
        raise EnrolmentFailed(error.template, **error.facts) from error
    return answer


def _why(reply: Reply) -> str:
    try:
        problem = json.loads(reply.body)
        detail = str(problem.get("detail") or problem.get("title") or "")
    except (ValueError, AttributeError):
        detail = ""
    return detail or _("What answered is not an ekanban central (status {status}). Check the address.").format(
        status=reply.status
    )
