"""Which programs have scanners open, and which are known to take what they type: from /proc and logind's notes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from ekanban_drivers.doctor.accounts import account_name
from ekanban_drivers.doctor.facts import Process

MODEM_MANAGER, BRLTTY = "ModemManager", "brltty"
GETTYS = ("agetty", "getty", "mingetty", "login")
GRABBERS = (
    "keyd",
    "kanata",
    "kmonad",
    "udevmon",
    "intercept",
    "xkeysnail",
    "xremap",
    "evremap",
    "input-remapper-",
    "evtest",
)
DESKTOPS = (
    "Xorg", "X", "sway", "weston", "labwc", "wayfire", "cage", "gnome-shell", "kwin_wayland", "Hyprland", "mutter",
)  # fmt: skip
SERVANTS = ("systemd-logind", "acpid", "upowerd", "systemd")  # have keyboards open and take nothing of them
KNOWN = frozenset({MODEM_MANAGER, BRLTTY, *GETTYS, *GRABBERS, *DESKTOPS})
TERMINAL = "ekanban_cli.terminal_process"
COMMAND_LENGTH = 120  # characters shown of a command line

# Linux's numbers of terminals (Documentation/admin-guide/devices.txt): major → first minor, name.
TERMINALS = {4: (64, "ttyS"), 166: (0, "ttyACM"), 188: (0, "ttyUSB"), 204: (64, "ttyAMA"), 216: (0, "rfcomm")}


@dataclass(slots=True)
class Running:
    """What /proc tells."""

    known: list[Process] = field(default_factory=list)  # those of a known name, and whoever has a node open
    holders: dict[str, list[Process]] = field(default_factory=dict)  # node → who has it open
    hidden: int = 0  # processes whose open files this account may not see


def running(nodes: Iterable[str], root: Path = Path("/")) -> Running:
    """Look at every process: which of the nodes it has open, and whether it is a known one."""
    found = Running()
    wanted = Wanted(root, nodes)
    for folder in _folders(root):
        with suppress(OSError):  # it has ended since
            _look(folder, wanted, found)
    return found


class Wanted:
    """The nodes that are looked for, by what they are called and by what they are."""

    def __init__(self, root: Path, nodes: Iterable[str]) -> None:
        self._paths = set(nodes)
        self._files: dict[tuple[int, int], str] = {}
        for path in self._paths:
            with suppress(OSError):
                file = os.stat(root / path.lstrip("/"))
                self._files[file.st_dev, file.st_ino] = path

    def node(self, link: Path) -> str:
        """Return which of them an open file is; empty: another."""
        path = os.readlink(link)
        if path in self._paths:  # a container has files of its own under the same name
            return path
        if not path.startswith("/dev/"):  # a file of a network may keep us waiting
            return ""
        file = os.stat(link)
        return self._files.get((file.st_dev, file.st_ino), "")


def desktops(root: Path = Path("/")) -> tuple[str, ...]:
    """Return logind's sessions that have a screen, for people: "anna (wayland, seat0)"."""
    found = []
    for file in sorted((root / "run/systemd/sessions").glob("*")):
        with suppress(OSError):
            session = dict(line.split("=", 1) for line in file.read_text(errors="replace").splitlines() if "=" in line)
            if session.get("TYPE") in ("x11", "wayland", "mir"):
                found.append(f"{session.get('USER', '?')} ({session['TYPE']}, {session.get('SEAT', '–')})")
    return tuple(found)


def _folders(root: Path) -> Iterator[Path]:
    names = (name for name in os.listdir(root / "proc") if name.isdigit())
    yield from (root / "proc" / name for name in sorted(names, key=int))


def _look(folder: Path, nodes: Wanted, found: Running) -> None:
    command = (folder / "cmdline").read_bytes().rstrip(b"\0").decode("utf-8", "backslashreplace").split("\0")
    if not command[0]:
        return  # a thread of the kernel
    opened, visible = _opened(folder, nodes)
    found.hidden += not visible
    name = (folder / "comm").read_text(errors="replace").strip()
    if name not in KNOWN and not opened and not _is_ekanban(command):
        return
    process = _described(folder, name, command)
    found.known.append(process)
    for path in opened:
        found.holders.setdefault(path, []).append(process)


def _opened(folder: Path, nodes: Wanted) -> tuple[set[str], bool]:
    opened = set()
    try:
        for name in os.listdir(folder / "fd"):
            with suppress(OSError):  # closed since
                if path := nodes.node(folder / "fd" / name):
                    opened.add(path)
    except PermissionError:
        return opened, False
    return opened, True


def _described(folder: Path, name: str, command: list[str]) -> Process:
    return Process(
        pid=int(folder.name),
        name="ekanban" if _is_ekanban(command) else name,
        command=" ".join(command)[:COMMAND_LENGTH],
        account=account_name(folder.stat().st_uid),
        tty=_tty((folder / "stat").read_text(errors="replace")),
        is_terminal=_is_ekanban(command) and _serves(command),
    )


def _is_ekanban(command: list[str]) -> bool:
    names = [os.path.basename(word) for word in command[:6]]  # a script's interpreter and its options stand in front
    return "ekanban" in names or any(name.split(".")[0] == "ekanban_cli" for name in names)


def _serves(command: list[str]) -> bool:
    """Say whether it is the terminal, which replaces the command that starts it by a process of its own."""
    return TERMINAL in command or any(pair == ("terminal", "serve") for pair in pairwise(command))


def _tty(stat: str) -> str:
    """Return the name of a process's controlling terminal, from tty_nr of proc(5); empty: none, or of another kind."""
    number = int(stat.rpartition(")")[2].split()[4])
    major, minor = number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00
    if major == 4 and 0 < minor < 64:
        return f"tty{minor}"
    first, name = TERMINALS.get(major, (0, ""))
    return f"{name}{minor - first}" if name and minor >= first else ""
