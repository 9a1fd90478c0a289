"""The Python environment that a package carries: ready, at its final place, for another kind of machine if need be.

Wheels are unpacked here by pip and not on the shop floor: what dpkg has unpacked is whole, and nothing has to be
fetched, compiled or computed there. Debian's own Python runs it (pyvenv.cfg).
"""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PYTHON = "3.11"  # Debian 12
GLIBC = 36  # 2.36, Debian 12; wheels say which one they need at least
OLDEST_GLIBC = 17
MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "armhf": "armv7l"}
NEEDLESS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")  # pip's notes: of this machine, or untrue by now
# How to compile: without symbols, and without names of the folders where this machine keeps its Python.
PLAIN = {"CFLAGS": "-O2 -g0 -DNDEBUG", "LDSHARED": "gcc -shared -s", "LDFLAGS": ""}

LAUNCHER = """\
#!{prefix}/bin/python3 -I
import sys

from ekanban_cli.main import app

sys.exit(app())
"""
CONFIGURATION = """\
home = /usr/bin
include-system-site-packages = true
version = {python}
"""


def own_wheel(root: Path, folder: Path) -> Path:
    """Build this project's wheel; returns its path."""
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, root)
    return next(folder.glob("ekanban_terminal-*.whl"))


def evdev_wheel(root: Path, folder: Path) -> Path:
    """Build evdev, which comes as source only, for this machine; returns its path."""
    if not list(folder.glob("evdev-*.whl")):
        lock = root / "requirements/evdev.lock"
        # Not from pip's cache: what it has built before, for this machine, knows this machine's folders.
        _pip("wheel", "--no-cache-dir", "--no-deps", "--no-build-isolation", "--require-hashes", "--wheel-dir", folder,
             "-r", lock, environment=PLAIN)  # fmt: skip
    return next(folder.glob("evdev-*.whl"))


def make(
    stage: Path, prefix: Path, lock: Path, architecture: str, wheels: Sequence[Path], left_out: Sequence[str]
) -> None:
    """Make the environment that will lie in `prefix` (absolute) below `stage`.

    lock: the hashed requirements. left_out: those without a wheel for `architecture`.
    """
    place = stage / prefix.relative_to("/")
    site = place / f"lib/python{PYTHON}/site-packages"
    site.mkdir(parents=True)
    needs = stage.parent / f"{stage.name}.lock"
    needs.write_text(without(lock.read_text(encoding="utf-8"), left_out), encoding="utf-8")
    _pip("install", "--target", site, "--no-compile", "--no-deps", "--require-hashes", *_for(architecture), "-r", needs)
    _pip("install", "--target", site, "--no-compile", "--no-deps", *_for(architecture), *wheels)
    _trim(site)
    (place / "bin").mkdir()
    (place / "bin/python3").symlink_to(os.path.relpath(f"/usr/bin/python{PYTHON}", prefix / "bin"))
    launcher = place / "bin/ekanban"
    launcher.write_text(LAUNCHER.format(prefix=prefix), encoding="utf-8")
    launcher.chmod(0o755)
    (place / "pyvenv.cfg").write_text(CONFIGURATION.format(python=PYTHON), encoding="utf-8")
    _compile(site, stage)


def without(lock: str, names: Sequence[str]) -> str:
    """Return a hashed lock without some of its packages."""
    kept, keep = [], True
    for line in lock.splitlines():
        if not line.startswith((" ", "#")):
            keep = line.partition("==")[0] not in names
        if keep:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _for(architecture: str) -> list[str]:
    machine = MACHINES[architecture]
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, OLDEST_GLIBC - 1, -1)]
    platforms += [f"manylinux2014_{machine}", f"linux_{machine}"]  # the last one: built here
    abis = [f"cp{PYTHON.replace('.', '')}", "abi3", "none"]
    options = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", PYTHON]
    return [*options, *(f"--abi={abi}" for abi in abis), *(f"--platform={platform}" for platform in platforms)]


def _trim(site: Path) -> None:
    for folder in ("bin", "share", "include", "man"):  # what wheels install beside their packages
        shutil.rmtree(site / folder, ignore_errors=True)
    for name in NEEDLESS:
        for file in site.glob(f"*.dist-info/{name}"):
            file.unlink()
    for file in site.rglob("*"):
        if file.is_file():
            file.chmod(0o644)  # all of it is imported, none of it is started


def _compile(site: Path, stage: Path) -> None:
    """Compile all, as it will be named there; unchecked: files of a package change with the package only."""
    done = compileall.compile_dir(
        site, quiet=1, force=True, stripdir=str(stage), prependdir="/", maxlevels=50,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )  # fmt: skip
    if not done:
        sys.exit(f"Not everything in {site} could be compiled.")


def _pip(*words: object, environment: dict[str, str] | None = None) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq", "--no-input", *map(str, words)]
    subprocess.run(command, check=True, env={**os.environ, **(environment or {})})
