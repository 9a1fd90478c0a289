"""What mends a finding: commands to type and lines to paste, in the words of the shell, of udev and of TOML."""

from __future__ import annotations

import json
import shlex

from ekanban_drivers.doctor.facts import Node, NodeClass
from ekanban_drivers.profile_match import fitting
from ekanban_drivers.scanner import DeviceInfo

GROUPS = {"evdev": "input", "hidpos": "input", "serial": "dialout"}  # of the nodes, and of the terminal's account
NO_BRLTTY = "sudo systemctl mask --now brltty.service brltty-udev.service  # or: sudo apt remove brltty"


def rule(node: Node, packaged: bool) -> str:
    """Return the udev rule by which the terminal may read a device, and nothing else touches it.

    `packaged`: the rules of the Debian package do all that, for whatever is called a scanner.
    """
    if packaged:
        return f'SUBSYSTEM=="input|hidraw|tty", {_which(node)}, ENV{{EKANBAN_SCANNER}}="1"'
    match node.kind:
        case NodeClass.SERIAL:
            ignored = 'ENV{ID_MM_DEVICE_IGNORE}="1", ENV{ID_MM_PORT_IGNORE}="1"'
            return f'SUBSYSTEM=="tty", {_which(node)}, GROUP="dialout", MODE="0660", {ignored}'
        case NodeClass.HIDPOS | NodeClass.OTHER_HID:
            return f'SUBSYSTEM=="hidraw", {_which(node)}, GROUP="input", MODE="0660"'
    rights = 'GROUP="input", MODE="0660", ENV{LIBINPUT_IGNORE_DEVICE}="1"'
    return f'SUBSYSTEM=="input", KERNEL=="event*", {_which(node)}, {rights}'


def install(node: Node, packaged: bool) -> str:
    """Return the commands that write the rule and have it hold at once."""
    name = f"{node.vendor}-{node.product}" if node.vendor else node.path.rsplit("/", 1)[1]
    file = "-a /etc/udev/rules.d/61-scanners.rules" if packaged else f"/etc/udev/rules.d/90-ekanban-{name}.rules"
    return (
        f"echo '{rule(node, packaged)}' | sudo tee {file}\n"
        f"sudo udevadm control --reload && sudo udevadm trigger --name-match={shlex.quote(node.path)}"
    )


def _which(node: Node) -> str:
    """Match all devices of its model: by USB, by what the kernel calls it (Bluetooth), or by the port itself."""
    if node.usb:
        return f'ATTRS{{idVendor}}=="{node.vendor}", ATTRS{{idProduct}}=="{node.product}"'
    if not node.vendor:
        return f'KERNEL=="{node.path.rsplit("/", 1)[1]}"'
    if "hidraw" in node.path:
        return f'KERNELS=="*:{node.vendor.upper()}:{node.product.upper()}.*"'
    return f'ATTRS{{id/vendor}}=="{node.vendor}", ATTRS{{id/product}}=="{node.product}"'


def join(account: str, group: str) -> str:
    """Return the commands that put the terminal's account into a group."""
    return f"sudo usermod -aG {group} {account} && sudo systemctl restart ekanban-terminal"


def entry(device: DeviceInfo, name: str) -> str:
    """Return the lines of the configuration that make the terminal read a device."""
    lines = ["[[scanners]]", f"name = {_toml(name)}", f'driver = "{device.driver}"']
    lines.append(f"device = {_toml(device.identity)}")
    profile = fitting(device.driver, device.vendor, device.product)
    return "\n".join([*lines, *([f'profile = "{profile}"'] if profile else [])])


def named(device: DeviceInfo) -> str:
    """Return the line of the configuration that names a device, with a remark which that is."""
    return f"device = {_toml(device.identity)}  # {inert(device.name)} ({device.path})"


def inert(text: str) -> str:
    """Take from a name that a stranger chose what could end a line: behind it, a remark would be an order."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _toml(text: str) -> str:
    """Write a basic string: JSON's, but for characters that TOML or a screen does not take."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(character if character.isprintable() else f"\\U{ord(character):08X}" for character in quoted)
