"""A journal as terminals write it, imported while the terminal lives, sends, restarts and has its network cut."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest
from floor import Floor, open_floor
from journal_files import opened
from terminal_world import TERMINAL, run

from ekanban_central.import_rows import Import
from ekanban_central.imported import ImportState
from ekanban_central.imports import Imports, Wish
from ekanban_central.ledger import SYSTEM
from ekanban_cli import journal_export
from ekanban_core.card_code import CardCode
from ekanban_core.states import Intent


class Carrier:
    """Somebody who carries exports to central."""

    def __init__(self, floor: Floor) -> None:
        plant = floor.plant
        self.floor = floor
        self.imports = Imports(
            plant.database, plant.intake.take, lambda *_: None, floor.world.central_now, plant.random, "key"
        )
        self.count = 0

    def carry(self) -> Import:
        """Export the journal as it stands, and import it."""
        self.count += 1
        folder = self.floor.world.folder
        file = folder / f"export-{self.count}.jsonl"
        journal_export.write(folder, file)
        wish = Wish(self.floor.plant.site_id, SYSTEM, terminal=UUID(TERMINAL))
        key, ended = self.imports.begin(wish, opened(file.read_bytes()))
        ended.result(60)
        found = self.imports.read(self.floor.plant.site_id, key)
        assert found is not None
        assert found.state is ImportState.DONE, found.errors
        return found


@pytest.mark.parametrize("seed", range(8))
def test_an_import_at_any_moment_doubles_nothing_and_loses_nothing(tmp_path: Path, seed: int) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path, seed) as floor:
            carrier = Carrier(floor)
            for _ in range(50):
                await _happens(floor, carrier)
            last = carrier.carry()
            taken = {str(row["scan_id"]): row for row in floor.plant.rows("scan_identity")}
            floor.network.rough = 0.0
            await floor.world.drain(500)
            carrier.imports.stop()

            kept = list(reversed(floor.world.journal.last(10_000)))
            assert taken.keys() == {one.id for one in kept}  # before the terminal could send the rest
            assert last.done == len(kept)
            assert floor.plant.count("scan_identity") == len(kept)
            assert floor.plant.count("scan_aside") == 0
            positions = [taken[one.id]["position"] for one in kept]
            assert positions == sorted(positions)
            still_open = Counter(row["body"] for row in floor.plant.rows("signal") if row["closed_how"] is None)
            assert set(still_open.values()) <= {1}
            assert [row for row in floor.plant.rows("terminal_epoch") if row["forked"]] == []
            assert floor.plant.rows("ledger", kind="scans_missing") == []
            assert set(floor.world.states()) <= {"taken", "refused"}

    run(shift())


async def _happens(floor: Floor, carrier: Carrier) -> None:
    dice, world = floor.dice, floor.world
    match dice.randrange(7):
        case 0 | 1 | 2:
            await world.later(CardCode(dice.choice(floor.plant.cards), 1).text)
        case 3 if dice.random() < 0.5:
            carrier.carry()
        case 4 if dice.random() < 0.5:
            await floor.restart(f"boot {dice.random()}" if dice.random() < 0.3 else None)
        case 5:
            floor.network.rough = dice.choice([0.0, 0.3, 0.7, 1.0])
        case _:
            await floor.works(dice.randrange(6))


def test_a_central_that_was_restored_gets_from_the_dead_device_what_it_had_lost(tmp_path: Path) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path, 3) as floor:
            carrier = Carrier(floor)
            await floor.works(3)
            for body in floor.plant.cards[:2]:
                await floor.world.later(CardCode(body, 1).text)
            await floor.works(4)
            floor.back_up()
            await floor.restart("second boot")
            for body in floor.plant.cards[2:]:
                await floor.world.later(CardCode(body, 1).text)
            await floor.works(4)
            assert set(floor.world.states()) == {"taken"}
            floor.restore()
            before = floor.plant.rows("meta", key="generation")

            found = carrier.carry()

            assert (found.new, found.repeated) == (3, 2)
            assert len([row for row in floor.plant.rows("signal") if row["closed_how"] is None]) == 5
            assert floor.plant.rows("meta", key="generation") == before  # nobody has signed that anything was lost
            await floor.world.later(CardCode(floor.plant.cards[0], 1).text, intent=Intent.RECEIVE)
            await floor.world.drain(200)  # it lives, and shows the loss: all is sent again
            carrier.imports.stop()
            assert floor.plant.rows("meta", key="generation") != before
            assert len([row for row in floor.plant.rows("signal") if row["closed_how"] is None]) == 4
            assert floor.plant.count("signal") == 5
            assert floor.plant.count("scan_aside") == 0

    run(shift())
