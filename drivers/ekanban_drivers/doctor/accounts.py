"""Which account the terminal runs as, and what nodes let it do."""

from __future__ import annotations

import grp
import os
import pwd
import struct
from pathlib import Path

from ekanban_drivers.doctor.facts import Account, Grant, Node, Process

SERVICE = "ekanban-terminal"  # the name of the unit, and of its account
UNITS = ("etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")
READ, WRITE = 4, 2

ACL_VERSION = 2  # linux/posix_acl_xattr.h
ACL_ENTRY = struct.Struct("<HHI")  # tag, permissions, number
ACL_TAGS = {0x02: "user", 0x04: "own_group", 0x08: "group", 0x10: "mask"}
NO_NUMBER = (0x04, 0x10)


def account(name: str, terminal: Process | None = None, root: Path = Path("/")) -> Account:
    """Describe the account `name`; empty: the running terminal's, its unit's, `ekanban-terminal`, or the caller's.

    To the groups of the account come those that the unit gives the service. Raises KeyError: there is no such account.
    """
    settings = _unit(root)
    usual = None if name else _usual(terminal, settings.get("User", ""))
    found = pwd.getpwnam(name) if name else usual or _callers()
    gids = set(os.getgrouplist(found.pw_name, found.pw_gid))
    if found.pw_name in (SERVICE, settings.get("User")):
        gids |= {number for group in settings.get("SupplementaryGroups", "").split() for number in _gid(group)}
    if not name and usual is None:
        gids |= set(os.getgroups())
    is_callers = not name and usual is None
    return Account(found.pw_name, found.pw_uid, frozenset(gids), frozenset(map(group_name, gids)), is_callers)


def allows(node: Node, who: Account, need: int = READ) -> bool:
    """Say whether the node lets the account in (acl(5), "access check algorithm")."""
    if who.uid == 0:
        return True
    if who.uid == node.uid:
        return node.mode >> 6 & need == need
    mask = next((grant.allows for grant in node.grants if grant.kind == "mask"), 7)
    for grant in node.grants:
        if grant.kind == "user" and grant.number == who.uid:
            return grant.allows & mask & need == need
    # With a list, the mode's bits of the group are the mask, and what the group may do stands in the list.
    own = next((grant.allows for grant in node.grants if grant.kind == "own_group"), node.mode >> 3)
    groups = [(grant.number, grant.allows) for grant in node.grants if grant.kind == "group"]
    mine = [allowed & mask for number, allowed in [(node.gid, own), *groups] if number in who.gids]
    return any(allowed & need == need for allowed in mine) if mine else node.mode & need == need


def grants(data: bytes) -> tuple[Grant, ...]:
    """Read the extended attribute system.posix_acl_access; of an unknown version nothing."""
    if len(data) < 4 or (len(data) - 4) % ACL_ENTRY.size or int.from_bytes(data[:4], "little") != ACL_VERSION:
        return ()
    entries = ACL_ENTRY.iter_unpack(data[4:])
    return tuple(
        Grant(ACL_TAGS[tag], 0 if tag in NO_NUMBER else number, permissions)
        for tag, permissions, number in entries
        if tag in ACL_TAGS
    )


def group_name(gid: int) -> str:
    """Return a group's name; its number where it has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def account_name(uid: int) -> str:
    """Return an account's name; its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _usual(terminal: Process | None, unit_user: str) -> pwd.struct_passwd | None:
    for name in (terminal.account if terminal else "", unit_user, SERVICE):
        try:
            return pwd.getpwnam(name)
        except KeyError:  # not this one
            continue
    return None


def _callers() -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(os.geteuid())
    except KeyError:  # an account of a container has no name
        return pwd.struct_passwd((str(os.geteuid()), "x", os.geteuid(), os.getegid(), "", "/", ""))


def _gid(group: str) -> list[int]:
    try:
        return [grp.getgrnam(group).gr_gid]
    except KeyError:  # a unit may name groups that this machine does not have
        return []


def _unit(root: Path) -> dict[str, str]:
    """Read the unit's settings; its drop-ins come behind it, and the values of a list add up."""
    found: dict[str, str] = {}
    for folder in UNITS:
        file = root / folder / f"{SERVICE}.service"
        if file.is_file():
            drop_ins = sorted(path for place in UNITS for path in (root / place).glob(f"{file.name}.d/*.conf"))
            for path in (file, *drop_ins):
                _read(path, found)
            break
    return found


def _read(path: Path, into: dict[str, str]) -> None:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        key, _, value = (part.strip() for part in line.partition("="))
        if key == "SupplementaryGroups":
            into[key] = f"{into.get(key, '')} {value}"
        elif key == "User":
            into[key] = value
