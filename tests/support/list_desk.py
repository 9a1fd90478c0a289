"""Where somebody brings CSV files to a plant, and is told what became of them."""

from __future__ import annotations

from typing import Any

from central_plant import Plant
from journal_files import opened

from ekanban_central import exports
from ekanban_central.import_rows import Import
from ekanban_central.imported import ImportState
from ekanban_central.imports import Imports, Wish
from ekanban_central.ledger import SYSTEM, Actor
from ekanban_core.lists import ExportKind, ImportKind

HEAD = "part,source,destination,kind,quantity,lead_time"
ALL = ("part", "location", "loop", "card", "alias")


class ListDesk:
    """Brings files in one person's name."""

    def __init__(self, plant: Plant, actor: Actor = SYSTEM) -> None:
        self.plant = plant
        self.actor = actor
        self.imports = Imports(
            plant.database, plant.intake.take, lambda site, position: plant.published.append((site, position)),
            lambda: plant.now, plant.random, "key",
        )  # fmt: skip

    def bring(self, kind: str, content: str | bytes, **wish: Any) -> Import:
        """Bring a file, and wait for what became of it."""
        data = content if isinstance(content, bytes) else content.encode()
        wanted = Wish(self.plant.site_id, self.actor, f"{kind}.csv", kind=ImportKind(kind), **wish)
        key, ended = self.imports.begin(wanted, opened(data))
        ended.result(120)
        found = self.imports.read(self.plant.site_id, key)
        assert found is not None
        return found

    def taken(self, kind: str, content: str | bytes) -> tuple[dict[str, int], int, int]:
        """Bring a file that is right; returns what was created, changed, and as it was."""
        found = self.bring(kind, content)
        assert found.state is ImportState.DONE, told(found)
        return dict(found.created), found.changed, found.unchanged

    def refused(self, kind: str, content: str | bytes) -> list[str]:
        """Bring a file that is wrong; returns what is said of it."""
        before = self.everything()
        found = self.bring(kind, content)
        assert found.state is ImportState.REFUSED, found
        assert self.everything() == before
        return told(found)

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """All master data as it stands."""
        return {name: sorted(self.plant.rows(name), key=str) for name in ALL}

    def export(self, kind: str) -> str:
        """The list as a file."""
        return "".join(exports.lines(self.plant.database, self.plant.site_id, ExportKind(kind), self.plant.now))


def told(found: Import) -> list[str]:
    """What is said of a file, as "line, column: text"."""
    more = [f"and {found.more} more"] if found.more else []
    return [f"{one.line}, {one.column}: {one.text.format(**one.facts)}" for one in found.errors] + more
