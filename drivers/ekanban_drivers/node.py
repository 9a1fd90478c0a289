"""Device nodes and their permissions, and what mends them."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat

from ekanban_drivers.errors import DeviceAbsent, DeviceBusy, DeviceError, DeviceNotReadable
from ekanban_drivers.scanner import N_, DeviceInfo, ScannerState

LACKS_GROUP = N_(
    "Scanner %(name)s (%(path)s) is not readable: add the account %(account)s to the group %(group)s "
    "(`sudo usermod -aG %(group)s %(account)s`) and start the terminal again."
)
LACKS_RULE = N_(
    "Scanner %(name)s (%(path)s) is not readable for the account %(account)s: install the udev rule of "
    "ekanban-terminal, or `sudo setfacl -m u:%(account)s:rw %(path)s` until the next replug."
)


def access(path: str, name: str = "") -> tuple[ScannerState, str]:
    """Say whether a node may be read, and what mends it if not."""
    if os.access(path, os.R_OK) or not os.path.exists(path):
        return ScannerState.READY, ""
    return ScannerState.NOT_READABLE, str(not_readable(path, name or path))


def not_readable(path: str, name: str) -> DeviceNotReadable:
    """Return the error that says what the account lacks: membership in a group, or a rule that names one."""
    account = _account()
    group = _reading_group(path)
    if group is None:
        return DeviceNotReadable(LACKS_RULE, name=name, path=path, account=account)
    return DeviceNotReadable(LACKS_GROUP, name=name, path=path, account=account, group=group)


def why(device: DeviceInfo, error: Exception) -> DeviceError:
    """Say why a device could not be opened, and what mends it: an OSError, or what pyserial makes of one."""
    facts = {"name": device.name, "path": device.path}
    match _number(error):
        case errno.EACCES | errno.EPERM:
            return not_readable(device.path, device.name)
        case errno.EBUSY | errno.EAGAIN:
            text = N_("Another program holds scanner %(name)s (%(path)s): `fuser -v %(path)s` says which. End it.")
            return DeviceBusy(text, **facts)
        case errno.ENOENT | errno.ENODEV | errno.ENXIO | errno.EIO:
            return DeviceAbsent(N_("Scanner %(name)s (%(path)s) is not there."), **facts)
    return DeviceNotReadable(N_("Scanner %(name)s (%(path)s): %(error)s"), error=str(error), **facts)


def _number(error: Exception) -> int | None:
    """Return the number of an error, or of what lies behind it: pyserial says of some only what they were."""
    behind: BaseException | None = error
    while behind is not None:
        if behind.args and isinstance(behind.args[0], int):
            return behind.args[0]
        behind = behind.__context__
    return None


def _account() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # an account of a container has no name
        return str(os.geteuid())


def _reading_group(path: str) -> str | None:
    try:
        node = os.stat(path)
    except OSError:  # gone since
        return None
    if node.st_gid == 0 or not node.st_mode & stat.S_IRGRP:
        return None
    try:
        return grp.getgrgid(node.st_gid).gr_name
    except KeyError:
        return str(node.st_gid)
