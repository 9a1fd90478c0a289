"""The journal when power is cut and the drive's cache is lost: whatever a scanner heard as green is still there.

A guest's terminal has no central, so its journal is all there is. A serial scanner sends one code after the other, and
each is acknowledged by one BEL, the green tone. In the middle of it first the drive's cache is lost and then the guest.
The next guest starts on that disk and goes on. `CUTS` says how often (20); `SEED` when.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ekanban_cli import journal_view
from ekanban_core.card_code import CardCode, random_body
from hardware.guest import Guest
from hardware.image import Image
from hardware.lossy_disk import LossyDisk, taken_out
from hardware.product import SERIAL, TerminalInGuest
from hardware.usb import BEL, SerialScanner

CUTS = int(os.environ.get("CUTS") or 20)
CHAINS = min(CUTS, 4)  # disks, so that several processors have something to do
SEED = int(os.environ.get("SEED") or random.randrange(1_000_000))  # noqa: S311  # repeatable on purpose
LEAST, MOST = 3, 25  # scans that are acknowledged before the cut
LATEST_S = 0.3  # then one more is sent, and the cut comes at a random moment within this time
TONE_S = 120  # amber has two, red three, which come together; a busy machine takes its time
WEAKER = (
    "source=$(dpkg -L ekanban-terminal | grep journal_sql.py$)"
    " && sed -i 's/PRAGMA synchronous = FULL/PRAGMA synchronous = NORMAL/' $source"
    " && grep -q 'synchronous = NORMAL' $source"
    " && rm $(dirname $source)/__pycache__/journal_sql.*.pyc"  # it is believed without a look at the source
)

pytestmark = [pytest.mark.heavy, pytest.mark.needs("qemu", "nbdkit"), pytest.mark.timeout(3600)]


@dataclass
class Chain:
    """One disk through many power cuts."""

    installed: Image
    folder: Path
    disk: LossyDisk
    chance: random.Random
    plant: str = ""  # a command that makes the installed product worse
    green: list[str] = field(default_factory=list)  # codes that were acknowledged

    def run_and_cut(self) -> None:
        """Boot, scan until somewhere, and cut the power."""
        before = len(self.green)
        with self.disk, Guest(self.installed, self.folder, disks=[self.disk.drive]) as guest:
            scanner = SerialScanner(guest, SERIAL)
            scanner.plug()
            if self.plant:
                guest.shell(self.plant)
            terminal = self._started(guest)
            assert terminal.status()["journal"]["stored"] >= before  # this start's own look at what is left
            least = before + self.chance.randint(LEAST, MOST)
            for code in self._codes():
                scanner.scan(code)
                if len(self.green) >= least:
                    break
                tone = scanner.heard(TONE_S)
                assert tone == BEL, f"{tone!r} and not the one tone of green: {terminal.status()}"
                self.green.append(code)
            if scanner.heard(self.chance.uniform(0, LATEST_S)) == BEL:
                self.green.append(code)
            self.disk.cut()
            guest.kill()
            if scanner.heard(0) == BEL:  # its tone was on the way
                self.green.append(code)

    def lost(self) -> list[str]:
        """What was green and is not in the journal on the disk; the journal must be sound, whatever else."""
        found = taken_out(self.disk.file, self.folder)
        journal = next(found.glob("**/journal.sqlite")).parent
        damaged = journal_view.check(journal)
        assert not damaged, damaged
        kept = {str(entry["shown"]["code"]).replace("-", "") for entry in journal_view.entries(journal)}
        shutil.rmtree(found)
        return [code for code in self.green if code not in kept]

    def _started(self, guest: Guest) -> TerminalInGuest:
        guest.shell("mkdir -p /var/lib/ekanban && mount LABEL=data /var/lib/ekanban")
        terminal = TerminalInGuest(guest)
        terminal.start()
        terminal.until(lambda: terminal.scanners().get("serial") == "ready", "the serial scanner is ready")
        return terminal

    def _codes(self) -> Iterator[str]:
        while True:
            yield CardCode(random_body(self.chance.randbytes), 1).text


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LossyDisk]:
    """An empty disk."""
    disk = LossyDisk(tmp_path)
    disk.make()
    yield disk
    disk.close()


@pytest.mark.parametrize("number", range(CHAINS))
def test_no_acknowledged_scan_is_lost_by_a_power_cut(
    installed: Image, tmp_path: Path, disk: LossyDisk, number: int
) -> None:
    chain = Chain(installed, tmp_path, disk, random.Random(SEED + number))  # noqa: S311  # see SEED
    for cut in range(number, CUTS, CHAINS):
        chain.run_and_cut()

        lost = chain.lost()

        print(f"seed {SEED}, cut {cut + 1} of {CUTS}: {len(chain.green)} scans green so far, {len(lost)} lost")
        assert not lost
    assert len(chain.green) >= LEAST * len(range(number, CUTS, CHAINS))


@pytest.mark.parametrize("bad", ["a journal that is not synced with each scan", "a drive that lies about its flushes"])
def test_the_cut_finds_losses_where_there_must_be_some(
    installed: Image, tmp_path: Path, disk: LossyDisk, bad: str
) -> None:
    lies = "lies" in bad
    disk.cache = "unsafe" if lies else "writeback"
    chain = Chain(installed, tmp_path, disk, random.Random(SEED))  # noqa: S311  # see SEED
    chain.plant = "" if lies else WEAKER

    chain.run_and_cut()

    try:
        lost = chain.lost()
    except (AssertionError, StopIteration):  # nothing readable is left: a loss as well
        lost = chain.green
    print(f"{bad}: {len(lost)} of {len(chain.green)} lost")
    assert lost
