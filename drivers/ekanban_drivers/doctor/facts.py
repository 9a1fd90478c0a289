"""What the doctor knows of a machine, as plain data: findings are made of it without another look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ekanban_drivers.scanner import DeviceInfo


class NodeClass(StrEnum):
    """What kind of thing a node leads to, by what the kernel says of it."""

    KEYBOARD = "keyboard"  # or a scanner that types: nothing tells them apart
    MOUSE = "mouse"
    OTHER_INPUT = "other_input"  # power buttons, lids, …
    HIDPOS = "hidpos"  # hidraw of a bar code scanner
    OTHER_HID = "other_hid"  # hidraw of anything else
    SERIAL = "serial"


@dataclass(frozen=True, slots=True)
class Grant:
    """An entry of a node's access control list (POSIX.1e draft 17) beyond owner, group and others."""

    kind: str  # "user", "group", "own_group" (the node's); "mask" limits all three
    number: int  # uid or gid; 0 where the kind has none
    allows: int  # 4 read, 2 write


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the nodes must let in."""

    name: str
    uid: int
    gids: frozenset[int]
    groups: frozenset[str] = frozenset()  # the names of the same
    is_callers: bool = False  # the service has none yet, so it is the one of whoever asks


@dataclass(frozen=True, slots=True)
class Process:
    """A running program that has to do with scanners."""

    pid: int
    name: str
    command: str = ""
    account: str = ""
    tty: str = ""  # the terminal it belongs to, such as "ttyS0"
    is_terminal: bool = False  # the service `ekanban terminal serve`

    @property
    def title(self) -> str:
        """Name and number, for people."""
        return f"{self.name} ({self.pid})"


@dataclass(frozen=True, slots=True)
class Node:
    """A device node and what stands behind it."""

    path: str
    kind: NodeClass
    name: str = ""
    owner: str = "root"
    group: str = "root"
    uid: int = 0
    gid: int = 0
    mode: int = 0o600
    grants: tuple[Grant, ...] = ()
    vendor: str = ""  # four hexadecimal digits
    product: str = ""
    usb: bool = False
    kernel_driver: str = ""  # usbhid, ftdi_sio, …
    interface: str = ""  # USB class, subclass and protocol: "03/01/01"
    properties: Mapping[str, str] = field(default_factory=dict)  # of udev, those that matter here
    console: bool = False  # the kernel writes its messages there
    opened_by: tuple[Process, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A scanner that the configuration names."""

    name: str
    driver: str
    device: str = ""
    profile: str = ""
    fault: str = ""  # what is wrong with the profile
    misnamed: str = ""  # what is wrong with the address, where the driver knows no nodes but addresses


@dataclass(frozen=True, slots=True)
class Stands:
    """What the running terminal says of a scanner."""

    state: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that findings are made of."""

    account: Account
    wanted: tuple[Wanted, ...] = ()
    devices: tuple[DeviceInfo, ...] = ()  # what the drivers find
    nodes: tuple[Node, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)  # configured path → its node; empty: it leads nowhere
    processes: tuple[Process, ...] = ()
    desktops: tuple[str, ...] = ()  # sessions with a screen, for people: "anna (wayland, seat0)"
    hidden: int = 0  # processes whose open files this account may not see
    unavailable: Mapping[str, str] = field(default_factory=dict)  # driver → why it cannot run
    kinds: tuple[str, ...] = ()  # all drivers that are installed
    packages: tuple[str, ...] = ()  # Python packages that are missing
    rules: bool = False  # the udev rules of the Debian package are installed: they see to whatever is called a scanner
    stands: Mapping[str, Stands] = field(default_factory=dict)  # scanner → what the running terminal says
    faults: tuple[str, ...] = ()  # what is wrong with the configuration itself

    def node(self, path: str) -> Node | None:
        """Return the node at this path."""
        return next((node for node in self.nodes if node.path == path), None)

    def named(self, *names: str) -> list[Process]:
        """Return the running programs of these names."""
        return [process for process in self.processes if process.name in names]

    @property
    def terminal(self) -> Process | None:
        """The running terminal."""
        return next((process for process in self.processes if process.is_terminal), None)
