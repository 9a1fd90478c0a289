"""Which device nodes there are, and what stands behind them: from sysfs, udev's notes and the nodes' own rights.

Nothing is opened. Paths are those of the machine at `root`, which is another folder in tests.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ekanban_drivers.decoding.hidpos_form import is_scanner
from ekanban_drivers.doctor.accounts import account_name, grants, group_name
from ekanban_drivers.doctor.facts import Grant, Node, NodeClass, Process
from ekanban_drivers.evdev_nodes import is_keyboard
from ekanban_drivers.sysfs import hid_numbers, is_empty_port, pairs, text

PATTERNS = {
    "input": ("dev/input/event*",),
    "hidraw": ("dev/hidraw*",),
    "tty": ("dev/ttyACM*", "dev/ttyUSB*", "dev/rfcomm*", "dev/ttyAMA*", "dev/ttyS*"),
}
PROPERTIES = (
    "EKANBAN_SCANNER", "ID_INPUT_KEYBOARD", "ID_INPUT_MOUSE", "LIBINPUT_IGNORE_DEVICE", "ID_MM_DEVICE_IGNORE",
    "ID_MM_PORT_IGNORE", "ID_BUS", "ID_VENDOR_ID", "ID_MODEL_ID", "ID_SERIAL_SHORT", "ID_PATH", "ID_SEAT",
)  # fmt: skip
RULES = "72-ekanban-scanners.rules"
OWN = "LIBINPUT_IGNORE_DEVICE"  # counts at the node itself; the others may stand at the USB device behind it


def paths(root: Path = Path("/")) -> dict[str, str]:
    """Return the nodes that may be scanners, each with its subsystem."""
    found = {}
    for subsystem, patterns in PATTERNS.items():
        for pattern in patterns:
            names = sorted((f"/{path.relative_to(root)}" for path in root.glob(pattern)), key=lambda n: (len(n), n))
            found.update(dict.fromkeys(names, subsystem))
    return {
        path: subsystem
        for path, subsystem in found.items()
        if subsystem != "tty" or not is_empty_port(os.path.basename(path), root)
    }


def nodes(
    found: Mapping[str, str], holders: Mapping[str, Iterable[Process]], root: Path = Path("/")
) -> tuple[Node, ...]:
    """Describe these nodes (path → subsystem); one that vanishes meanwhile is left out."""
    consoles = {line.split()[0] for line in text(root / "proc/consoles").splitlines() if line.strip()}
    described = []
    for path, subsystem in found.items():
        with suppress(OSError):
            described.append(_describe(root, path, subsystem, tuple(holders.get(path, ())), consoles))
    return tuple(described)


def rules_installed(root: Path = Path("/")) -> bool:
    """Say whether the udev rules of the Debian package are there, which give scanners all that they need."""
    places = ("etc/udev/rules.d", "run/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d")
    return any((root / place / RULES).exists() for place in places)


def _describe(
    root: Path, path: str, subsystem: str, opened_by: tuple[Process, ...], consoles: Iterable[str]
) -> Node:  # fmt: skip
    place = root / path.lstrip("/")
    rights = place.stat()
    name = os.path.basename(path)
    folders = list(_ancestry(root / "sys/class" / subsystem / name))
    usb = next((folder for folder in folders if (folder / "idVendor").exists()), None)
    interface = next((folder for folder in folders if (folder / "bInterfaceClass").exists()), None)
    vendor, product = _numbers(folders, usb)
    return Node(
        path=path,
        kind=_kind(subsystem, folders),
        name=_title(folders, usb) or name,
        owner=account_name(rights.st_uid),
        group=group_name(rights.st_gid),
        uid=rights.st_uid,
        gid=rights.st_gid,
        mode=rights.st_mode & 0o7777,
        grants=_grants(place),
        vendor=vendor,
        product=product,
        usb=usb is not None,
        kernel_driver=_kernel_driver(folders, interface),
        interface=_interface(interface),
        properties=_properties(root, folders),
        console=name in consoles,
        opened_by=opened_by,
    )


def _ancestry(folder: Path) -> Iterator[Path]:
    """Yield a device's folder of sysfs and those of the devices behind it, the nearest first."""
    folder = Path(os.path.realpath(folder))
    while folder.name != "devices" and folder != folder.parent:
        yield folder
        folder = folder.parent


def _kind(subsystem: str, folders: list[Path]) -> NodeClass:
    if subsystem == "tty":
        return NodeClass.SERIAL
    device = folders[0] / "device"
    if subsystem == "hidraw":
        try:
            return NodeClass.HIDPOS if is_scanner((device / "report_descriptor").read_bytes()) else NodeClass.OTHER_HID
        except OSError:
            return NodeClass.OTHER_HID
    if is_keyboard(text(device / "capabilities/key")):
        return NodeClass.KEYBOARD
    return NodeClass.MOUSE if text(device / "capabilities/rel").strip("0 ") else NodeClass.OTHER_INPUT


def _title(folders: list[Path], usb: Path | None) -> str:
    own = text(folders[0] / "device/name") or pairs(text(folders[0] / "device/uevent")).get("HID_NAME", "")
    if own or usb is None:
        return own
    maker, product = text(usb / "manufacturer"), text(usb / "product")
    return product if product.startswith(maker) else f"{maker} {product}".strip()


def _numbers(folders: list[Path], usb: Path | None) -> tuple[str, str]:
    if usb is not None:
        return text(usb / "idVendor"), text(usb / "idProduct")
    own = folders[0] / "device/id"
    if (own / "vendor").exists():
        return text(own / "vendor"), text(own / "product")
    vendor, product = hid_numbers(pairs(text(folders[0] / "device/uevent")).get("HID_ID", ""))
    return ("", "") if vendor is None else (f"{vendor:04x}", f"{product:04x}")


def _kernel_driver(folders: list[Path], interface: Path | None) -> str:
    for folder in [interface] if interface else folders:
        with suppress(OSError):
            return os.path.basename(os.readlink(folder / "driver"))
    return ""


def _interface(folder: Path | None) -> str:
    names = ("bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol")
    return "/".join(text(folder / name) for name in names) if folder else ""


def _properties(root: Path, folders: list[Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, folder in enumerate(folders):
        for key, value in {**pairs(text(folder / "uevent")), **_noted(root, folder)}.items():
            if key in PROPERTIES and (number == 0 or key != OWN):
                found.setdefault(key, value)
    return found


def _noted(root: Path, folder: Path) -> dict[str, str]:
    """Return what udev noted of a device: /run/udev/data, lines of "E:KEY=value"."""
    device = text(folder / "dev")
    subsystem = os.path.basename(os.path.realpath(folder / "subsystem")) if (folder / "subsystem").exists() else ""
    note = f"c{device}" if device else f"+{subsystem}:{folder.name}"
    lines = text(root / "run/udev/data" / note).splitlines() if device or subsystem else []
    return pairs("\n".join(line[2:] for line in lines if line.startswith("E:")))


def _grants(path: Path) -> tuple[Grant, ...]:
    try:
        return grants(os.getxattr(path, "system.posix_acl_access"))
    except OSError:  # none, or a file system without lists
        return ()
