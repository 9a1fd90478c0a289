"""A PostgreSQL server of one's own, in a folder that goes with it, reached by a unix socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ekanban_cli.bench.figure import CannotMeasure

DURABLE = "-c max_connections=200 -c shared_buffers=256MB"
# For tests, which do not cut the machine's power.
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB"


def programs() -> Path | None:
    """Where initdb and pg_ctl are: Debian keeps them off PATH, newest version last. None: not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    return Path(on_path).resolve().parent if on_path else None


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server. `folder` holds its socket and is the `host` to connect to."""

    folder: Path
    programs: Path
    _run: tuple[str, ...]

    def run(self, *command: str | Path) -> str:
        """Run one of PostgreSQL's programs under the server's account; returns what it prints."""
        done = subprocess.run(
            [*self._run, *map(str, command)],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            log = self.folder / "log"
            said = done.stdout + done.stderr + (log.read_text() if log.exists() else "")
            raise RuntimeError(f"{command[0]} failed:\n{said}")
        return done.stdout

    def start(self, options: str) -> None:
        """Start the server with these options and wait until it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} {options}"
        data, log = self.folder / "data", self.folder / "log"
        self.run(self.programs / "pg_ctl", "start", "--wait", "-D", data, "-l", log, "-o", options)

    def stop(self) -> None:
        """Stop it at once."""
        self.run(self.programs / "pg_ctl", "stop", "--wait", "--mode", "immediate", "-D", self.folder / "data")

    def url(self, database: str) -> str:
        """The address of a database, as central's `database_url` takes it."""
        return f"postgresql+psycopg://ekanban@/{database}?host={self.folder}"


@contextmanager
def cluster(options: str = DURABLE) -> Iterator[Cluster]:
    """Start a server; when the block ends, it ends, and its folder goes. Raises CannotMeasure without PostgreSQL."""
    found = programs()
    if found is None:
        raise CannotMeasure("PostgreSQL is not installed: apt-get install postgresql")
    # Not below a folder of the caller's: its parents may be closed to the server's account, and a socket's path must
    # stay under 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="ekanban-pg-", dir="/tmp"))  # see above
    run: tuple[str, ...] = ()
    if os.geteuid() == 0:  # initdb and postgres refuse root
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        run = ("runuser", "-u", "postgres", "--")
    server = Cluster(folder, found, run)
    try:
        server.run(
            found / "initdb", "--pgdata", folder / "data", "--username", "ekanban", "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
        )  # fmt: skip
        server.start(options)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
