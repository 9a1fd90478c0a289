"""Builds the Debian packages into build/deb (decision 31): `make deb`, `make deb ARGS="--only ekanban-terminal_amd64"`.

The same source gives the same bytes: every file bears the time of the newest commit (or SOURCE_DATE_EPOCH).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from archive import pack
from environment import evdev_wheel, own_wheel
from recipes import PACKAGES, Package, fill

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Build what was asked for; prints each file that was made."""
    asked = arguments()
    os.environ.setdefault("SOURCE_DATE_EPOCH", newest_commit())
    os.environ.update(PIP_REQUIRE_HASHES="0", PIP_USER="0", PIP_NO_INPUT="1")
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ekanban-deb-") as folder:
        wheels = Path(folder, "wheels")
        own = own_wheel(ROOT, wheels)
        version = asked.version or own.name.split("-")[1]
        for package in wanted(asked.only):
            evdev = [evdev_wheel(ROOT, wheels)] if package.builds_evdev else []
            stage = Path(folder, package.stem)
            fill(package, ROOT, stage, version, [own, *evdev])
            print(pack(package, stage, version, asked.out), flush=True)
    return 0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=ROOT / "build/deb", help="folder of the packages")
    parser.add_argument("--version", default="", help="of the packages; default: the release's")
    parser.add_argument("--only", action="append", choices=[package.stem for package in PACKAGES], default=[])
    return parser.parse_args()


def wanted(only: list[str]) -> list[Package]:
    """All packages, or those that were named."""
    return [package for package in PACKAGES if not only or package.stem in only]


def newest_commit() -> str:
    """Return the time of the newest commit, in seconds since 1970."""
    told = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode:
        sys.exit("There is no git here: say when this source was made, SOURCE_DATE_EPOCH=$(date +%s) make deb")
    return told.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
