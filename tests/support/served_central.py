"""A central of our own on a port, in a thread of this process, with its real clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from thread_server import serving

from ekanban_central import people
from ekanban_central.app import create_app
from ekanban_central.ledger import SYSTEM
from ekanban_central.plant_clock import boot_id
from ekanban_central.settings import CentralSettings
from ekanban_central.tables import Meta, Site
from ekanban_core.states import Role
from ekanban_migrations import upgrade


@dataclass(frozen=True, slots=True)
class Served:
    """Where it is, and the API token of a supervisor."""

    url: str
    token: str


@contextmanager
def served(database_url: str, data: Path) -> Iterator[Served]:
    """Serve a central with one empty plant."""
    upgrade.central(database_url)
    app = create_app(CentralSettings(data=data, database_url=database_url))
    central = app.state.central
    with central.database.session() as session:
        central.clock.take_up(session.connection(), boot_id())
        session.merge(Meta(key="generation", value="g-1"))
        session.merge(Site(id=1, code="plant", name="Plant 1"))
        session.flush()
        person = people.create(session, "kit", Role.SUPERVISOR, SYSTEM, central.now_ms(), os.urandom)
        token = people.make_token(session, person, "kit", SYSTEM, central.now_ms(), os.urandom)
    with serving(app, log_level="warning") as (port, _server):
        yield Served(f"http://127.0.0.1:{port}", token)
