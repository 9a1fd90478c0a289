"""A PostgreSQL for one test, which is killed, frozen and filled up in it."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from ekanban_cli.bench.postgres import FAST, Cluster, cluster

DATABASE = "central"


class OwnPostgres:
    """A running server with one empty database."""

    def __init__(self, server: Cluster, options: str) -> None:
        self._server = server
        self._options = options
        self._stands = True
        self.url = server.url(DATABASE)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Connect beside central, as its administrator or another program might."""
        return psycopg.connect(
            host=str(self._server.folder), user="ekanban", dbname=DATABASE, autocommit=True, application_name="hog"
        )

    def kill(self) -> None:
        """End it as a crash does."""
        self._server.stop()
        self._stands = False

    def start(self) -> None:
        """Start it again on the same data, unless it runs."""
        if not self._stands:
            self._server.start(self._options)
            self._stands = True

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Its processes stand still, as on a machine that swaps or a disk that hangs."""
        held = self._processes()
        for process in held:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in self._processes():
                os.kill(process, signal.SIGCONT)

    def _processes(self) -> list[int]:
        """The server and its children, those first that make more of them."""
        first = int((self._server.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]


@contextmanager
def own_postgres(more: str = "", small: Path | None = None) -> Iterator[OwnPostgres]:
    """Start it; `more`: further options of the server; `small`: a folder whose disk takes the database."""
    options = f"{FAST} {more}".strip()
    with cluster(options) as server:
        with psycopg.connect(host=str(server.folder), user="ekanban", dbname="postgres", autocommit=True) as admin:
            if small is not None:
                shutil.chown(small, "postgres")
                admin.execute(f"CREATE TABLESPACE small LOCATION '{small}'")
            admin.execute(f"CREATE DATABASE {DATABASE} TABLESPACE {'small' if small else 'pg_default'}")
        postgres = OwnPostgres(server, options)
        try:
            yield postgres
        finally:
            postgres.start()  # what ends next is a running one
