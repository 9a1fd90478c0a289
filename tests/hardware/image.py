"""The guest's files: what Debian gives (kept from run to run), and beside it what a run puts in."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).parent
HOUSE = HERE.parent.parent
BUILD = HOUSE / "build" / "guest"
BASE_INPUTS = ("image.sh", "image_inside.sh", "first_root.sh", "agent.service", "guest.network")
PAYLOAD = ("agent.py", "guest_acts.py")


@dataclass(frozen=True, slots=True)
class Image:
    """What a guest starts from."""

    kernel: Path
    first_root: Path
    root: Path
    root_format: str  # raw, qcow2
    payload: Path


def base(payload: Path) -> Image:
    """A bare Debian; built when one of its inputs has changed, which takes half a minute and the network."""
    folder = BUILD / f"debian-{_digest(HERE / name for name in BASE_INPUTS)}"
    with _alone():
        if not (folder / "root.img").exists():
            subprocess.run(["sh", str(HERE / "image.sh"), str(folder)], check=True)
    return Image(folder / "vmlinuz", folder / "initrd.img", folder / "root.img", "raw", payload)


def payload(folder: Path, more: Iterable[Path] = ()) -> Path:
    """A disk of what the host puts into the guest, at /payload there: the agent, and `more`."""
    content = folder / "payload"
    content.mkdir()
    for file in (*(HERE / name for name in PAYLOAD), *more):
        shutil.copy(file, content)
    size = sum(file.stat().st_size for file in content.iterdir())
    disk = folder / "payload.img"
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-L", "payload", "-d", str(content), str(disk),
         f"{size // 1_000_000 * 11 // 10 + 8}M"],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    shutil.rmtree(content)
    return disk


def _digest(files: Iterable[Path]) -> str:
    parts = [file.name.encode() + b"\0" + file.read_bytes() for file in files]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def prepared(folder: Path, name: str, key: bytes, more: Iterable[Path], prepare: Callable[[Image], None]) -> Image:
    """An image into which `prepare` has put something, kept under `name` for as long as `key` stays.

    `prepare` gets an image to which it writes, and ends the guest in order.
    """
    bare = base(payload(folder, more))
    digest = hashlib.sha256(bare.root.parent.name.encode() + key).hexdigest()[:16]
    kept = BUILD / f"{name}-{digest}.qcow2"
    with _alone():
        if not kept.exists():
            _make(bare.root, kept, lambda making: prepare(replace(bare, root=making, root_format="qcow2")))
    return replace(bare, root=kept, root_format="qcow2")


def _make(below: Path, kept: Path, prepare: Callable[[Path], None]) -> None:
    making = kept.with_suffix(".making")
    for earlier in [making, *kept.parent.glob(f"{kept.name.rpartition('-')[0]}-*.qcow2")]:
        earlier.unlink(missing_ok=True)
    layer = ["-f", "qcow2", "-b", str(below), "-F", "raw"]
    subprocess.run(["qemu-img", "create", "-q", *layer, str(making)], check=True)
    prepare(making)
    making.rename(kept)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time make what all share."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
