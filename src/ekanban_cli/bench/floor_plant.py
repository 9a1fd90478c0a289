"""A plant with given cards and one enrolled terminal, made before the services start."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ekanban_central import master, sites
from ekanban_central.app import create_app
from ekanban_central.context import Central
from ekanban_central.inputs import NewCards, NewLocation, NewLoop, NewPart
from ekanban_central.ledger import SYSTEM
from ekanban_central.settings import CentralSettings
from ekanban_cli.central_run import begin
from ekanban_cli.demo_enrol import enrol
from ekanban_core.states import LocationKind, LoopKind
from ekanban_migrations import upgrade


def make(folder: Path, bodies: Sequence[str], url: str, port: int) -> None:
    """Make folder/central and folder/terminal with folder/terminal.toml. url: how the terminal reaches central."""
    data, terminal = folder / "central", folder / "terminal"
    data.mkdir()
    terminal.mkdir()
    settings = CentralSettings(data=data)
    upgrade.central(settings.url)
    app = create_app(settings)
    central: Central = app.state.central
    try:
        begin(central)
        _cards(central, bodies)
        with central.database.reading() as connection:
            site = sites.own(connection)
        enrol(app, site.id, terminal, "Line 1", url)
    finally:
        central.database.close()
    lines = {"name": "Line 1", "data": str(terminal), "central": url}
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())
    (folder / "terminal.toml").write_text(f"{text}port = {port}\n")


def _cards(central: Central, bodies: Sequence[str]) -> None:
    with central.database.transaction() as connection:
        site = sites.own(connection)
        desk = master.Desk(connection, site.id, SYSTEM, central.now_ms(), central.random_bytes)
        master.create_part(desk, NewPart(number="4711"))
        master.create_location(desk, NewLocation(name="Supermarket", kind=LocationKind.SUPERMARKET))
        master.create_location(desk, NewLocation(name="Line 1", kind=LocationKind.LINE))
        loop = NewLoop(
            part="4711", source="Supermarket", destination="Line 1", kind=LoopKind.WITHDRAWAL, quantity=1,
            lead_time_s=3_600, min_cycle_s=3_600,
        )  # fmt: skip
        loop_id = master.create_loop(desk, loop)
        for body in bodies:
            master.create_cards(desk, loop_id, NewCards(body=body, printed=True))
