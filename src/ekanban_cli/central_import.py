"""`ekanban central import`: through the running service by a token, or on central's data while no service runs."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from sqlmodel import col, select

from ekanban_central import people, sites
from ekanban_central.api.imports import import_out
from ekanban_central.context import Central
from ekanban_central.imported import ENDED, ImportState
from ekanban_central.imports import Wish, keep
from ekanban_central.ledger import SYSTEM, Actor
from ekanban_central.settings import CentralSettings
from ekanban_central.tables import Person
from ekanban_cli import central_run
from ekanban_cli.central_client import accepted, answered, asked, client
from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_cli.said import say, shown
from ekanban_core.lists import ImportKind
from ekanban_core.states import Role

LOOK_S = 0.5  # between looks at how far it has come
Found = dict[str, Any]  # as the API tells of an import


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    file: Path
    dry_run: bool
    by: str | None
    terminal: str | None
    kind: ImportKind


def run(settings: CentralSettings, wanted: Wanted, token: str | None, as_json: bool) -> None:
    """Import, and say what became of it. Raises CommandFailed where it was refused or broken off."""
    if wanted.terminal is not None:
        if wanted.kind is not ImportKind.JOURNAL:
            raise CommandFailed(_("--terminal is for journals alone."))
        _number(wanted.terminal)
    with _opened(wanted.file) as file:
        found = _by_service(settings, wanted, file, token) if token else _alone(settings, wanted, file)
    if found["state"] in (ImportState.REFUSED, ImportState.BROKEN):
        if as_json:
            say("", found, as_json)
        raise CommandFailed("\n".join([_told(found), *_wrong(found)]))
    say("\n".join([_told(found), *found["notes"]]), found, as_json)


def _alone(settings: CentralSettings, wanted: Wanted, file: IO[bytes]) -> Found:
    with central_run.beside_no_service(settings) as central:
        actor = _actor(central, wanted.by)
        with central.database.reading() as connection:
            site_id = sites.own(connection).id
        terminal = UUID(wanted.terminal) if wanted.terminal else None
        wish = Wish(site_id, actor, shown(wanted.file.name)[:200], wanted.dry_run, terminal, wanted.kind)
        key, ended = central.imports.begin(wish, keep(file))

        def look() -> Found:
            found = central.imports.read(site_id, key)
            if found is None:
                raise CommandFailed(_("This import is gone."))
            return import_out(found, _).model_dump(mode="json")

        return _followed(look, lambda: wait([ended], LOOK_S))


def _by_service(settings: CentralSettings, wanted: Wanted, file: IO[bytes], token: str) -> Found:
    if wanted.by is not None:
        raise CommandFailed(_("--by and --token say the same: who vouches is whose token it is."))
    query = {"dry_run": str(wanted.dry_run).lower(), "name": shown(wanted.file.name)[:200]}
    query |= {"terminal": wanted.terminal} if wanted.terminal else {}
    url = settings.base_url.rstrip("/")
    with client(url, token) as service:
        content = iter(lambda: file.read(1 << 16), b"")
        answer = answered(url, lambda: service.post(f"/api/v1/imports/{wanted.kind}", params=query, content=content))
        path = f"/api/v1/imports/{answer[1].get('id')}"
        if answer[0].status_code == 422 and "id" in answer[1]:
            return asked(url, lambda: service.get(path))  # what it says of the file, it says whole there
        found = accepted(*answer)
        if found["state"] in ENDED:
            return found
        return _followed(lambda: asked(url, lambda: service.get(path)), lambda: time.sleep(LOOK_S))


def _followed(look: Callable[[], Found], rest: Callable[[], object]) -> Found:
    """Look how far it has come until it has ended, and show that on a terminal."""
    shows = sys.stderr.isatty()
    while (found := look())["state"] not in ENDED:
        if shows:
            print(f"\r{found['done']} / {found['total'] or '…'} ", end="", file=sys.stderr, flush=True)
        rest()
    if shows:
        print("\r", end="", file=sys.stderr)
    return found


def _actor(central: Central, name: str | None) -> Actor:
    """Who vouches: the person of that name, else whoever commands this machine."""
    if name is None:
        return SYSTEM
    plain = people.sign_in_name(name)
    with central.database.reading_session() as session:
        person = session.exec(select(Person).where(col(Person.name) == plain)).one_or_none()
    if person is None or not person.active or person.role not in (Role.SUPERVISOR, Role.ADMIN):
        raise CommandFailed(_("{name} is no supervisor or administrator here.").format(name=name))
    return Actor.person(person.id)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        text = _("{file} cannot be read: {why}.")
        raise CommandFailed(text.format(file=shown(path), why=error.strerror)) from error
    with file, tempfile.TemporaryFile() as whole:
        if file.seekable():
            yield file
            return
        shutil.copyfileobj(file, whole)  # a pipe: imports read a file twice
        whole.flush()
        yield whole


def _number(text: str) -> None:
    try:
        UUID(text)
    except ValueError as error:
        raise CommandFailed(_("--terminal: expected a terminal's number, got “{text}”.").format(text=text)) from error


def _told(found: Found) -> str:
    if found["kind"] != ImportKind.JOURNAL:
        return _told_of_list(found)
    texts = {
        ImportState.DONE: _("Taken in: {total} scans, {new} of them new, {repeated} were here already."),
        ImportState.CHECKED: _(
            "Checked, nothing changed: {total} scans, {new} of them new, {repeated} are here already."
        ),
        ImportState.REFUSED: _("Nothing was imported."),
        ImportState.BROKEN: _("Broken off after {done} of {total} scans."),
    }
    text = texts[ImportState(found["state"])].format(**found)
    outcomes = ", ".join(f"{name} {count}" for name, count in sorted(found["outcomes"].items()))
    if not outcomes:
        return text
    answers = _("Answers: {outcomes}.")
    return f"{text} {answers.format(outcomes=outcomes)}"


def _told_of_list(found: Found) -> str:
    names = {
        "locations": _("locations {count}"), "parts": _("parts {count}"), "loops": _("loops {count}"),
        "cards": _("cards {count}"), "aliases": _("codes of others {count}"),
    }  # fmt: skip
    created = ", ".join(names[name].format(count=count) for name, count in found["created"].items())
    texts = {
        ImportState.DONE: _("Taken in, {total} rows. New: {created}. Changed: {changed}. As they were: {unchanged}."),
        ImportState.CHECKED: _(
            "Checked, nothing changed, {total} rows. New would be: {created}. Changed: {changed}. As they are:"
            " {unchanged}."
        ),
        ImportState.REFUSED: _("Nothing was imported."),
        ImportState.BROKEN: _("Nothing was imported."),
    }
    return texts[ImportState(found["state"])].format(**{**found, "created": created or _("nothing")})


def _wrong(found: Found) -> Iterator[str]:
    for one in found["errors"]:
        place = _("line {line}, {column}") if one["column"] else _("line {line}")
        where = f"{place.format(line=one['line'], column=one['column'])}: " if one["line"] else ""
        yield f"{where}{one['message']}"
    if found["more"]:
        yield _("More lines are wrong: {count}").format(count=found["more"])
