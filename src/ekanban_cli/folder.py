"""A data folder belongs to one process at a time, and all in it to one account."""

from __future__ import annotations

import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ekanban_cli.errors import InUse


@contextmanager
def alone(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; the kernel frees it when the process dies. Raises InUse."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUse(busy) from error
        yield
    finally:
        os.close(handle)


def as_its_owner(folder: Path) -> None:
    """Let root go on as the account that the folder belongs to: a file of root's there would stop the service.

    Nothing changes for other accounts, nor where the folder is root's or missing.
    """
    if os.geteuid() != 0 or not folder.is_dir() or (owner := folder.stat()).st_uid == 0:
        return
    try:
        os.initgroups(pwd.getpwuid(owner.st_uid).pw_name, owner.st_gid)
    except KeyError:  # a disk of another machine: the number has no name here
        os.setgroups([])
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)
