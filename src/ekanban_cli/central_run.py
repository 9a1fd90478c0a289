"""What the commands of `ekanban central` do; loaded only when one of them runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from ekanban_central import first_link, key_watch, master, people, plant_clock, sites
from ekanban_central.app import create_app
from ekanban_central.context import Central
from ekanban_central.database import Database
from ekanban_central.first_link import FirstLink
from ekanban_central.inputs import NewSite
from ekanban_central.ledger import SYSTEM
from ekanban_central.settings import CentralSettings
from ekanban_central.straight_way import StraightWay
from ekanban_cli import logs, server
from ekanban_cli.errors import CommandFailed, NotReachable
from ekanban_cli.folder import alone, as_its_owner
from ekanban_cli.language import _
from ekanban_cli.said import say
from ekanban_core.states import Role
from ekanban_migrations import upgrade
from ekanban_terminal import folder as folders

DATABASES = ("postgresql+psycopg", "sqlite")


def serve(settings: CentralSettings, as_json: bool, *, new_key: bool = False, new_clock: bool = False) -> None:
    """Check everything that can be wrong before the first request, then serve until the end is asked for.

    new_key: the old key is lost for good; the one in the data folder, or a new one, takes its place. new_clock: the
    machine's clock was wrong when central began, and is right now.
    """
    as_its_owner(settings.data)
    folders.check(settings.data)
    with server.listen(settings.host, settings.port) as listener, _held(settings):
        logs.configure(settings.log_level, settings.log_format)
        _up_to_date(settings)
        settings = _with_address(settings, listener)
        app = create_app(settings)
        central: Central = app.state.central
        begin(central, new_key=new_key, new_clock=new_clock)
        first = first_link.hand_out(central)

        async def wake() -> None:
            central.hub.close()

        def ready() -> None:
            _look_less_for_garbage()
            url = server.address(listener)
            say(_about(url, first), {"central": url, "sign_in": first.url if first else None}, as_json)

        way: StraightWay = app.state.straight_way
        alive = {"live": central.hub.prove}  # not the database: to wait for it is right, to be restarted mends nothing
        server.run(
            app, listener, wake, ready, connections=settings.connections, straight=way, proofs=lambda: alive
        )  # fmt: skip


def migrate(settings: CentralSettings) -> str:
    """Bring the schema up to this release; returns its revision."""
    as_its_owner(settings.data)
    folders.check(settings.data)
    with _held(settings), _reached(settings):
        upgrade.central(settings.url)
    return upgrade.central_head()


def create_admin(settings: CentralSettings, name: str) -> str:
    """Add an administrator; returns the one-time link."""
    with beside_no_service(settings) as central:
        now = central.now_ms()
        with central.database.session() as session:
            person = people.create(session, name, Role.ADMIN, SYSTEM, now, central.random_bytes)
            link = people.make_link(session, person.id, SYSTEM, now, central.random_bytes)
    return settings.base_url.rstrip("/") + link.path


@contextmanager
def beside_no_service(settings: CentralSettings) -> Iterator[Central]:
    """A central for a command that works on its data by itself. Raises InUse while a service does."""
    as_its_owner(settings.data)
    folders.check(settings.data)
    with _held(settings):
        _up_to_date(settings)
        central: Central = create_app(settings).state.central
        try:
            begin(central)
            yield central
        finally:
            central.imports.stop()
            central.database.close()


def ask_for_admin(settings: CentralSettings, name: str, token: str) -> str:
    """Add an administrator through the running service; returns the one-time link."""
    import httpx2

    url = settings.base_url.rstrip("/")
    body = {"name": name, "role": str(Role.ADMIN)}
    try:
        answer = httpx2.post(
            f"{url}/api/v1/people", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=10, trust_env=False
        )
        content = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise NotReachable(_("Central does not answer at {url} ({why}).").format(url=url, why=error)) from error
    if not answer.is_success:
        raise CommandFailed(_("Central refuses: {why}").format(why=content.get("detail") or content.get("title")))
    return str(content["sign_in"]["url"])


def begin(central: Central, *, new_key: bool = False, new_clock: bool = False) -> None:
    """Make the plant of the settings, at the first start; later see that key and database belong together."""
    with central.database.transaction() as connection:
        central.clock.take_up(connection, plant_clock.boot_id(), anew=new_clock)
        key_watch.check(connection, central.key, central.now_ms(), accept=new_key)
        if sites.read(connection) is None:
            desk = master.Desk(connection, 0, SYSTEM, central.now_ms(), central.random_bytes)
            site = central.settings.site
            new = NewSite(code=site.code, name=site.name, time_zone=site.time_zone, language=central.settings.language)
            master.create_site(desk, new)


def _look_less_for_garbage() -> None:
    """What a batch of scans makes lives until its answer and ends by itself; to look for rings among it is in vain."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@contextmanager
def _held(settings: CentralSettings) -> Iterator[None]:
    """Keep other processes away from an SQLite database. PostgreSQL needs no such thing."""
    if not settings.url.startswith("sqlite"):
        yield
        return
    busy = _(
        "Central is running on the data in {data}. Do this on its pages or through its API (--token), or end it first;"
        " several processes at once need PostgreSQL (database_url)."
    )
    with alone(settings.data / "central.lock", busy.format(data=settings.data)):
        yield


@contextmanager
def _reached(settings: CentralSettings) -> Iterator[None]:
    """Say in words that the database does not answer, or that its address is wrong."""
    try:
        url = make_url(settings.url)
    except ArgumentError as error:
        raise CommandFailed(_wrong_url()) from error
    if url.drivername not in DATABASES:
        raise CommandFailed(_wrong_url())
    try:
        yield
    except DatabaseError as error:
        text = _("The database {url} cannot be used: {why}")
        shown = url.render_as_string(hide_password=True)
        raise NotReachable(text.format(url=shown, why=str(error.orig).strip())) from error


def _wrong_url() -> str:
    return _("database_url: expected postgresql+psycopg://NAME:PASSWORD@HOST/DATABASE or sqlite:///FILE.")


def _up_to_date(settings: CentralSettings) -> None:
    """Bring a new or an embedded database up to date; a shared one is migrated by hand, when all processes stand."""
    with _reached(settings):
        database = Database(settings.url)
        try:
            with database.reading() as connection:
                schema = upgrade.central_schema(connection)
            if schema is upgrade.Schema.OLDER and database.backend != "sqlite":
                raise CommandFailed(
                    _("The database is of an older release. End all central processes, then: ekanban central migrate")
                )
        finally:
            database.close()
        upgrade.central(settings.url)


def _with_address(settings: CentralSettings, listener: socket) -> CentralSettings:
    """Note the port that was taken, and derive the base URL from it unless it was set."""
    port = listener.getsockname()[1]
    changes: dict[str, object] = {"port": port}
    if "base_url" not in settings.model_fields_set:
        changes["base_url"] = server.address(listener)
    return settings.model_copy(update=changes)


def _about(url: str, first: FirstLink | None) -> str:
    lines = [_("Central: {url}").format(url=url)]
    if first and first.url:
        lines.append(_("Nobody has signed in yet. This link works once, for a day: {link}").format(link=first.url))
    elif first:
        lines.append(_("Nobody has signed in yet; the one-time link stands in {path}.").format(path=first.file))
    return "\n".join(lines)
