"""Real file systems of a few megabytes, mounted for one test: one that fills up, one that goes read-only."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BALLAST = "ballast"


@contextmanager
def small(folder: Path, megabytes: int = 4) -> Iterator[Path]:
    """A file system of this size at the folder."""
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "ekanban-test", folder)
    try:
        yield folder
    finally:
        _away(folder)


def fill(folder: Path) -> None:
    """Take the last free byte of the folder's file system."""
    with (folder / BALLAST).open("ab", buffering=0) as file:
        try:
            while file.write(bytes(65_536)):
                pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def make_room(folder: Path) -> None:
    """Give it back."""
    (folder / BALLAST).unlink()


class CardDisk:
    """An ext4 in a file, as on a terminal's SD card: after an error the kernel makes it read-only, with open files."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.image = image
        self.folder = folder
        with image.open("wb") as file:
            file.truncate(8_000_000)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", image)
        self.mount()

    def mount(self) -> None:
        """Put it into its place."""
        _run("mount", "-o", "loop,errors=remount-ro", self.image, self.folder)

    def break_down(self) -> None:
        """Report an error of the disk to the kernel."""
        device = subprocess.run(
            ["findmnt", "-no", "SOURCE", self.folder], check=True, capture_output=True, text=True
        ).stdout.strip()
        Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("the test breaks it")

    def replace(self) -> None:
        """Check a copy of it, as after a restart, and mount that; who has files of the old one open keeps them."""
        os.sync()
        copy = self.image.with_suffix(".copy")
        shutil.copyfile(self.image, copy)
        _run("e2fsck", "-fy", copy, good=(0, 1))
        self.away()
        self.image = copy
        self.mount()

    def away(self) -> None:
        """Unmount it."""
        _away(self.folder)


@contextmanager
def card(folder: Path, image: Path) -> Iterator[CardDisk]:
    """Such a disk at the folder."""
    disk = CardDisk(image, folder)
    try:
        yield disk
    finally:
        disk.away()


def _away(folder: Path) -> None:
    """At once; what is still open there goes when it is closed."""
    _run("umount", "--lazy", folder)


def _run(*command: str | Path, good: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode in good, done.stderr
