"""`ekanban central export`: whole lists as CSV, through the running service or from central's data."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import httpx2

from ekanban_central import exports, sites
from ekanban_central.settings import CentralSettings
from ekanban_cli import central_run
from ekanban_cli.central_client import client, refused
from ekanban_cli.errors import CommandFailed, NotReachable
from ekanban_cli.language import _
from ekanban_cli.said import say, shown
from ekanban_core.lists import ExportKind


def run(settings: CentralSettings, kind: ExportKind, to: Path | None, token: str | None, as_json: bool) -> None:
    """Write the list into a file, whole or not at all, or to stdout. Raises CommandFailed."""
    with _by_service(settings, kind, token) if token else _alone(settings, kind) as content:
        if to is None:
            _write(content, sys.stdout.buffer)
            return
        size = _to_file(content, to)
    say(_("{file}: {size} bytes").format(file=shown(to), size=size), {"file": shown(to), "size": size}, as_json)


def _to_file(content: Iterable[bytes], to: Path) -> int:
    try:
        with tempfile.TemporaryDirectory(prefix=".ekanban-", dir=to.parent) as folder:
            beside = Path(folder, "export.csv")
            with beside.open("wb") as out:
                size = _write(content, out)
            beside.replace(to)
    except OSError as error:
        raise CommandFailed(_("{file} cannot be written: {why}.").format(file=shown(to), why=error.strerror)) from error
    return size


def _write(content: Iterable[bytes], out: BinaryIO) -> int:
    size = sum(out.write(piece) for piece in content)
    out.flush()
    return size


@contextmanager
def _alone(settings: CentralSettings, kind: ExportKind) -> Iterator[Iterable[bytes]]:
    with central_run.beside_no_service(settings) as central:
        with central.database.reading() as connection:
            site_id = sites.own(connection).id
        lines = exports.lines(central.database, site_id, kind, central.now_ms())
        yield (piece.encode() for piece in lines)


@contextmanager
def _by_service(settings: CentralSettings, kind: ExportKind, token: str) -> Iterator[Iterable[bytes]]:
    url = settings.base_url.rstrip("/")
    try:
        with (
            client(url, token) as service,
            service.stream("GET", f"/api/v1/exports/{kind}") as answer,
        ):
            if not answer.is_success:
                answer.read()
                raise refused(answer.json())
            yield answer.iter_bytes()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise NotReachable(_("Central does not answer at {url} ({why}).").format(url=url, why=error)) from error
