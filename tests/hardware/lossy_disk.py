"""A disk of its own with a cache that is lost when its power is cut: nbdkit between the guest and the file."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from network_rooms import MORTAL
from real_plant import until


@dataclass
class LossyDisk:
    """One ext4 in a file; as a context manager it is plugged in, and its end is the loss of the cache.

    `cache`: `writeback` keeps what was not flushed from the file, as a drive's cache does; `unsafe` is a drive that
    lies, and keeps even what was.
    """

    folder: Path
    cache: str = "writeback"
    megabytes: int = 256  # the terminal wants 64 of them free
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.file = self.folder / "data.img"
        self._sockets = tempfile.TemporaryDirectory(prefix="nbd")  # a socket's path must be short

    def make(self) -> None:
        """Make the empty file system."""
        self.file.unlink(missing_ok=True)
        subprocess.run(
            ["mke2fs", "-q", "-t", "ext4", "-L", "data", str(self.file), f"{self.megabytes}M"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def drive(self) -> str:
        """The disk in QEMU's words. QEMU itself holds nothing back."""
        return f"file=nbd+unix:///?socket={self._socket},format=raw,cache=none"

    @property
    def _socket(self) -> Path:
        return Path(self._sockets.name) / "disk"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [
                *MORTAL,
                "nbdkit",
                "-f",
                "-U",
                str(self._socket),
                "--filter=cache",
                "file",
                str(self.file),
                f"cache={self.cache}",
            ],
            stdin=subprocess.DEVNULL,
        )
        until(self._socket.exists, "the disk is there")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cut()

    def cut(self) -> None:
        """Take its power away."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._socket.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave nothing behind."""
        self.cut()
        self._sockets.cleanup()


def taken_out(disk: Path, folder: Path) -> Path:
    """What lies on the disk of a machine that lost power, as the next one sees it; on a copy, which is repaired."""
    copy = folder / "copy.img"
    subprocess.run(["cp", "--sparse=always", str(disk), str(copy)], check=True)
    checked = subprocess.run(["e2fsck", "-f", "-y", str(copy)], capture_output=True, text=True, check=False)
    assert checked.returncode in (0, 1), checked.stdout  # 1: the file system's own journal was played
    found = folder / "found"
    found.mkdir()
    subprocess.run(["debugfs", "-R", f"rdump / {found}", str(copy)], check=True, capture_output=True)
    copy.unlink()
    return found
