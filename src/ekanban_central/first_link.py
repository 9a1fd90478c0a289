"""The first start without people: one link, once, for the person who installs central. There is no default password."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ekanban_central import people
from ekanban_central.context import Central
from ekanban_central.keys import write_private

FILE = "first-sign-in-link"


@dataclass(frozen=True, slots=True)
class FirstLink:
    """Where to find the link: `url` to be printed, or in `file`, which only central's account and root read."""

    url: str | None
    file: Path | None
    expires_ms: int


def hand_out(central: Central, environ: Mapping[str, str] = os.environ) -> FirstLink | None:
    """Make the first link, unless somebody has come in already. Call it at every start.

    Under systemd (INVOCATION_ID is set) what is printed ends in the log, which many may read: there the link goes into
    a file in the data folder.
    """
    with central.database.session() as session:
        link = people.first_link(session, central.now_ms(), central.random_bytes)
    if link is None:
        return None
    url = central.settings.base_url.rstrip("/") + link.path
    if "INVOCATION_ID" not in environ:
        return FirstLink(url, None, link.expires_ms)
    file = central.settings.data / FILE
    file.unlink(missing_ok=True)
    write_private(file, url.encode() + b"\n")
    return FirstLink(None, file, link.expires_ms)
