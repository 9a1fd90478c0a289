"""From a folder to a .deb: owners, times and control files, by plain dpkg-deb."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from recipes import Package

COMPRESSION = ("-Zxz", "-z1")  # a fifth larger than by default, in a fifth of the time


def pack(package: Package, stage: Path, version: str, out: Path) -> Path:
    """Write the package; returns its path. Its bytes depend on the source and on SOURCE_DATE_EPOCH only."""
    control = stage / "DEBIAN"
    control.mkdir()
    conffiles = [f"/{file.relative_to(stage)}" for file in sorted(stage.glob("etc/**/*")) if file.is_file()]
    (control / "conffiles").write_text("".join(f"{name}\n" for name in conffiles), encoding="utf-8")
    (control / "md5sums").write_text(_sums(stage), encoding="utf-8")
    (control / "control").write_text(package.control(version, _kilobytes(stage)), encoding="utf-8")
    for name, text in package.maintainer_scripts().items():
        (control / name).write_text(text, encoding="utf-8")
        (control / name).chmod(0o755)
    _same_times(stage)
    file = out / f"{package.name}_{version}_{package.architecture}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", *COMPRESSION, "--build", stage, file], check=True, stdout=subprocess.DEVNULL
    )
    return file


def _files(stage: Path) -> list[Path]:
    return [path for path in sorted(stage.rglob("*")) if path.relative_to(stage).parts[0] != "DEBIAN"]


def _sums(stage: Path) -> str:
    files = [path for path in _files(stage) if path.is_file() and not path.is_symlink()]
    plain = [
        path for path in files if path.relative_to(stage).parts[0] != "etc"
    ]  # dpkg keeps those of conffiles itself
    sums = [(hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest(), path) for path in plain]
    return "".join(f"{total}  {path.relative_to(stage)}\n" for total, path in sums)


def _kilobytes(stage: Path) -> int:
    """Return the installed size as dpkg-gencontrol counts it: files in whole kilobytes, one for all else."""
    return sum(
        -(-path.stat().st_size // 1024) if path.is_file() and not path.is_symlink() else 1 for path in _files(stage)
    )


def _same_times(stage: Path) -> None:
    when = int(os.environ["SOURCE_DATE_EPOCH"])
    for path in [*sorted(stage.rglob("*"), reverse=True), stage]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (when, when), follow_symlinks=False)
