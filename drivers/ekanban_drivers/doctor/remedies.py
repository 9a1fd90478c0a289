"""What mends a finding: commands to type and lines to paste, in the words of the shell, of udev and of TOML."""

from __future__ import annotations

import json
import shlex

from ekanban_drivers.doctor.facts import Node, NodeClass
from ekanban_drivers.profile_match import fitting
from ekanban_drivers.scanner import DeviceInfo

GROUPS = {"evdev": "input", "hidpos": "input", "serial": "dialout"}  # of the nodes, and of the terminal's account
NO_BRLTTY = "sudo systemctl mask --now brltty.service brltty-udev.service  # or: sudo apt remove brltty"


def rule(node: Node) -> str:
    """Return the udev rule by which the terminal may read a device, and nothing else touches it."""
    match node.kind:
        case NodeClass.SERIAL:
            which = f'ATTRS{{idVendor}}=="{node.vendor}", ATTRS{{idProduct}}=="{node.product}"'
            which = which if node.usb else f'KERNEL=="{node.path.rsplit("/", 1)[1]}"'
            rights = 'GROUP="dialout", MODE="0660"'
            return f'SUBSYSTEM=="tty", {which}, {rights}, ENV{{ID_MM_DEVICE_IGNORE}}="1", ENV{{ID_MM_PORT_IGNORE}}="1"'
        case NodeClass.HIDPOS | NodeClass.OTHER_HID:
            numbers = f"{node.vendor}:{node.product}".upper()
            return f'SUBSYSTEM=="hidraw", KERNELS=="*:{numbers}.*", GROUP="input", MODE="0660"'
    which = f'ATTRS{{id/vendor}}=="{node.vendor}", ATTRS{{id/product}}=="{node.product}"'
    return (
        f'SUBSYSTEM=="input", KERNEL=="event*", {which}, GROUP="input", MODE="0660", ENV{{LIBINPUT_IGNORE_DEVICE}}="1"'
    )


def install(node: Node) -> str:
    """Return the commands that write the rule and have it hold at once."""
    kind = "tty" if node.kind is NodeClass.SERIAL else "hidraw" if "hidraw" in node.path else "input"
    name = f"{node.vendor}-{node.product}" if node.vendor else node.path.rsplit("/", 1)[1]
    return (
        f"echo '{rule(node)}' | sudo tee /etc/udev/rules.d/90-ekanban-{kind}-{name}.rules\n"
        f"sudo udevadm control --reload && sudo udevadm trigger --name-match={shlex.quote(node.path)}"
    )


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
