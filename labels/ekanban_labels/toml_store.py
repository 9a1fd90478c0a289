"""Named TOML files: those that are shipped, and those of a folder of one's own, which come first."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path


def names(shipped: Traversable, folder: Path | None) -> list[str]:
    """All names there are. Hidden files are none: editors and file managers leave some behind."""
    places = (shipped, *((folder,) if folder and folder.is_dir() else ()))
    found = (one.name for place in places for one in place.iterdir())
    return sorted({Path(name).stem for name in found if name.endswith(".toml") and not name.startswith(".")})


def find(name: str, shipped: Traversable, folder: Path | None) -> Path | Traversable | None:
    """The file of this name, or None. A name is no path: only what `names` lists is found."""
    if name not in names(shipped, folder):
        return None
    own = folder / f"{name}.toml" if folder else None
    return own if own and own.is_file() else shipped / f"{name}.toml"
