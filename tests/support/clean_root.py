"""A clean Debian in a folder: the packages are installed there as on a new machine. Needs root and mmdebstrap.

Packages come from where this machine's own apt gets them. Nothing is started but what a test starts by itself: there is
no systemd in the folder's /run, and each command has mounts of its own, which end with it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SUITE = "bookworm"
SMALLEST = "systemd-standalone-sysusers"  # of the packages that can make accounts
INSIDE = 'mount --bind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'


@dataclass(frozen=True, slots=True)
class Root:
    """One folder with a Debian in it."""

    folder: Path

    def command(self, *words: str, account: str = "") -> list[str]:
        """Return what runs a command in it, as root or as one of its accounts."""
        drop = ["setpriv", "--reuid", account, "--regid", account, "--init-groups"] if account else []
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", INSIDE, str(self.folder), *drop, *words]

    def run(self, *words: str, account: str = "", fails: bool = False) -> str:
        """Run a command in it; returns what it says, on both outputs. It must succeed, or fail."""
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(
            self.command(*words, account=account), env=environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, f"{words}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def bring(self, package: Path) -> str:
        """Copy a package into it; returns its path there."""
        (self.folder / package.name).write_bytes(package.read_bytes())
        return f"/{package.name}"

    def install(self, package: Path) -> str:
        """Install a package, or upgrade to it."""
        return self.run("dpkg", "--install", "--force-confold", "--force-unsafe-io", self.bring(package))

    def __truediv__(self, path: str) -> Path:
        return self.folder / path

    def listing(self) -> set[str]:
        """Return all paths below it, without those that every installation of whatever package changes."""
        ours = re.compile(r"^(proc|dev|sys|tmp|var/(lib/dpkg|log|cache)|[^/]+\.deb$)|etc/(passwd|group|g?shadow)-?$")
        below = (os.path.relpath(os.path.join(where, name), self.folder)
                 for where, folders, files in os.walk(self.folder) for name in [*folders, *files])  # fmt: skip
        return {path for path in below if not ours.search(path)}


def make(tar: Path, packages: Sequence[Path]) -> None:
    """Make a smallest Debian with exactly what the packages depend on."""
    needed = sorted({name for package in packages for name in depends(package)})
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(needed)}", SUITE, tar, *sources()],
        check=True,
    )


def unpack(tar: Path, folder: Path) -> Root:
    """Make a root of the archive."""
    folder.mkdir()
    subprocess.run(["tar", "--extract", "--file", tar, "--directory", folder, "--numeric-owner"], check=True)
    return Root(folder)


def depends(package: Path) -> list[str]:
    """Return the names of what a package depends on; of alternatives the smallest."""
    text = subprocess.run(
        ["dpkg-deb", "--field", package, "Depends"], capture_output=True, text=True, check=True
    ).stdout
    groups = [[one.split()[0] for one in group.split("|")] for group in text.split(",")]
    return [SMALLEST if SMALLEST in group else group[0] for group in groups]


def sources() -> list[str]:
    """Return this machine's own sources of the suite, as files; none: mmdebstrap knows Debian's."""
    found = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    lists = [file for file in found if file.suffix in {".list", ".sources"} and file.is_file()]
    return [str(file) for file in lists if SUITE in file.read_text(encoding="utf-8")]


def build(out: Path, *only: str, version: str = "") -> dict[str, Path]:
    """Build packages; returns them by name."""
    command = [sys.executable, PROJECT / "packages/build.py", "--out", out, *(f"--only={name}" for name in only)]
    told = subprocess.run([*command, f"--version={version}"], capture_output=True, text=True, check=True).stdout
    return {path.name.partition("_")[0]: path for path in map(Path, told.split())}
