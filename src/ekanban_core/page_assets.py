"""Where the files of pages lie that both services share: styles, vendored assets, and the icons' template.

Each service serves its own static folder and these under one address, so that `base.css` finds `pico.min.css` beside
itself. Addresses carry a fingerprint of the content: browsers may keep a file for ever, and a new release is seen at
once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

HOME = Path(__file__).parent
ASSETS = HOME / "assets"  # vendored, with licences and hashes
STATIC = HOME / "static"  # tokens.css, base.css
TEMPLATES = HOME / "templates"  # icons.html


def find(name: str, folders: Sequence[Path]) -> Path | None:
    """The first file of this name in the folders; None when there is none, or when the name would lead out of them."""
    for folder in folders:
        path = (folder / name).resolve()
        if path.is_relative_to(folder.resolve()) and path.is_file():
            return path
    return None


@cache
def fingerprint(path: Path) -> str:
    """Twelve hex characters that change with the file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def address(name: str, folders: Sequence[Path], prefix: str = "/static/") -> str:
    """The address of a static file with its fingerprint; raises FileNotFoundError for a name that no folder has."""
    path = find(name, folders)
    if path is None:
        raise FileNotFoundError(f"no static file named {name}")
    return f"{prefix}{name}?v={fingerprint(path)}"
