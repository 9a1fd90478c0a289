"""What each package holds, where it lies, and what it needs of Debian 12."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import cursor
import environment

HERE = Path(__file__).resolve().parent
MAINTAINER = "The ekanban project <maintainers@ekanban.invalid>"


@dataclass(frozen=True, slots=True)
class Package:
    """One package for one architecture. `files`: from this repository (or this folder: ./) to its place."""

    name: str
    architecture: str
    summary: str
    text: str
    depends: str
    files: dict[str, str]
    more: str = ""  # further lines of the control file
    part: str = ""  # central, terminal: has an environment of its own and a service
    without: tuple[str, ...] = ()  # requirements that Debian brings, or that this architecture does without
    builds_evdev: bool = False
    scripts: tuple[str, ...] = ("postinst", "prerm", "postrm")
    words: dict[str, str] = field(default_factory=dict)  # what differs in the maintainer scripts → its file

    @property
    def stem(self) -> str:
        """Name and architecture."""
        return f"{self.name}_{self.architecture}"

    def control(self, version: str, kilobytes: int) -> str:
        """Return the control file."""
        lines = [
            f"Package: {self.name}", f"Version: {version}", f"Architecture: {self.architecture}",
            f"Maintainer: {MAINTAINER}", f"Installed-Size: {kilobytes}", f"Depends: {self.depends}",
            *self.more.splitlines(), "Section: misc", "Priority: optional", f"Description: {self.summary}",
            *(f" {line}" for line in self.text.splitlines()),
        ]  # fmt: skip
        return "\n".join(lines) + "\n"

    def maintainer_scripts(self) -> dict[str, str]:
        """Return what dpkg runs, by name."""
        kind = "service" if self.part else self.name.removeprefix("ekanban-")
        made = {}
        for name in self.scripts:
            text = (HERE / f"maintainer/{kind}.{name}").read_text(encoding="utf-8")
            for word, value in self.words.items():
                text = text.replace(f"@{word}@\n", (HERE / "maintainer" / value).read_text("utf-8") if value else "")
            made[name] = text.replace("@name@", self.name).replace("@part@", self.part)
        return made


def fill(package: Package, root: Path, stage: Path, version: str, wheels: Sequence[Path]) -> None:
    """Lay everything that the package holds into `stage`."""
    for source, place in package.files.items():
        target = stage / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / source if source.startswith("./") else root / source, target)
    if package.name == "ekanban-kiosk":
        cursor.lay(stage / "usr/lib/ekanban/kiosk/icons")
    _papers(package, root, stage / "usr/share/doc" / package.name, version)
    if package.part:
        home = Path("/usr/lib/ekanban", package.part)
        lock = root / f"requirements/{package.part}.lock"
        environment.make(stage, home / version, lock, package.architecture, wheels, package.without)
        # Sorted behind the environment: dpkg renames it last, so at no moment does it start what is not whole.
        run = stage / home.relative_to("/") / "run"
        run.write_text(f'#!/bin/sh\nexec {home / version}/bin/ekanban "$@"\n', encoding="utf-8")
        run.chmod(0o755)


def _papers(package: Package, root: Path, folder: Path, version: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "copyright", folder / "copyright")
    date = formatdate(int(os.environ["SOURCE_DATE_EPOCH"]))
    entry = (
        f"{package.name} ({version}) stable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n -- {MAINTAINER}  {date}\n"
    )
    overrides = HERE / "overrides" / package.name
    if overrides.exists():
        target = folder.parents[1] / "lintian/overrides" / package.name
        target.parent.mkdir(parents=True)
        shutil.copy(overrides, target)
    for name, text in ("changelog.gz", entry), ("CHANGELOG.md.gz", (root / "CHANGELOG.md").read_text(encoding="utf-8")):
        (folder / name).write_bytes(gzip.compress(text.encode(), 9, mtime=0))


ACCOUNTS = "systemd | systemd-standalone-sysusers | systemd-sysusers"
TERMINAL_FILES = {
    "systemd/ekanban-terminal.service": "lib/systemd/system/ekanban-terminal.service",
    "systemd/sysusers/ekanban-terminal.conf": "usr/lib/sysusers.d/ekanban-terminal.conf",
    "systemd/udev/60-ekanban-scanners.rules": "lib/udev/rules.d/60-ekanban-scanners.rules",
    "systemd/udev/72-ekanban-scanners.rules": "lib/udev/rules.d/72-ekanban-scanners.rules",
    "systemd/udev/90-ekanban-scanners.rules": "lib/udev/rules.d/90-ekanban-scanners.rules",
    "systemd/udev/ekanban-hid-scanner": "lib/udev/ekanban-hid-scanner",
    "systemd/README.md": "usr/share/doc/ekanban-terminal/README.md",
    "./etc/terminal.toml": "etc/ekanban/terminal.toml",
    "./ekanban": "usr/lib/ekanban/terminal/ekanban",
    "./unsent": "usr/lib/ekanban/terminal/unsent",
}
TERMINAL_TEXT = """\
The shop-floor side of an electronic kanban: it reads barcode scanners, keeps
every scan in a journal on the disk before it shows green, shows the kiosk
page, and sends to central when central is there.
"""
CENTRAL_FILES = {
    "systemd/ekanban-central.service": "lib/systemd/system/ekanban-central.service",
    "systemd/sysusers/ekanban-central.conf": "usr/lib/sysusers.d/ekanban-central.conf",
    "systemd/README.md": "usr/share/doc/ekanban-central/README.md",
    "./etc/central.toml": "etc/ekanban/central.toml",
    "./ekanban": "usr/lib/ekanban/central/ekanban",
}
CENTRAL_TEXT = """\
The replenishment side of an electronic kanban: cards, loops, pull signals, the
page of what is open, the review desk and an append-only ledger. SQLite inside,
or PostgreSQL by one setting.
"""
KIOSK_FILES = {
    "systemd/kiosk/ekanban-kiosk.service": "lib/systemd/system/ekanban-kiosk.service",
    "systemd/kiosk/ekanban-kiosk.conf": "usr/lib/sysusers.d/ekanban-kiosk.conf",
    "systemd/kiosk/ekanban-kiosk.pam": "etc/pam.d/ekanban-kiosk",
    "systemd/kiosk/policy.json": "etc/chromium/policies/managed/ekanban-kiosk.json",
    "systemd/kiosk/browser": "usr/lib/ekanban/kiosk/browser",
    "systemd/kiosk/wait-for-terminal": "usr/lib/ekanban/kiosk/wait-for-terminal",
    "systemd/README.md": "usr/share/doc/ekanban-kiosk/README.md",
}


def _terminal(architecture: str, more_depends: str = "", without: tuple[str, ...] = ()) -> Package:
    return Package(
        "ekanban-terminal", architecture, "electronic kanban: shop-floor terminal", TERMINAL_TEXT,
        f"python3.11, libc6 (>= 2.36), libudev1, {ACCOUNTS}{more_depends}", TERMINAL_FILES,
        more="Recommends: udev\nSuggests: ekanban-kiosk", part="terminal", without=without,
        builds_evdev=architecture == "amd64",
        words={"devices": "terminal.devices", "unsent": "terminal.unsent", "data": "terminal.data"},
    )  # fmt: skip


def _central(architecture: str) -> Package:
    return Package(
        "ekanban-central", architecture, "electronic kanban: replenishment service", CENTRAL_TEXT,
        f"python3.11, libc6 (>= 2.36), {ACCOUNTS}", CENTRAL_FILES, more="Suggests: postgresql", part="central",
        words={"devices": "", "unsent": "", "data": "central.data"},
    )  # fmt: skip


PACKAGES = (
    _terminal("amd64"),
    _central("amd64"),
    _terminal("arm64", ", python3-evdev"),
    _central("arm64"),
    # No wheels of pynacl and cffi for 32-bit ARM: Debian's. It prints cards as ZPL alone, which the lock's markers say,
    # but pip compares them with the machine that builds. Central is for 64-bit machines.
    _terminal(
        "armhf", ", python3-evdev, python3-nacl",
        without=("cffi", "pycparser", "pynacl", "pillow", "reportlab", "charset-normalizer", "zxing-cpp"),
    ),
    Package(
        "ekanban-kiosk", "all", "electronic kanban: the terminal's page on a screen of its own",
        "One browser in full screen (cage and chromium) on the page of the terminal\nthat runs on this machine.",
        f"cage, xwayland, chromium, curl, libpam-systemd, fonts-dejavu-core, {ACCOUNTS}", KIOSK_FILES,
        more="Recommends: ekanban-terminal",
    ),
)  # fmt: skip
