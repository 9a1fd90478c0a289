"""A device knows itself again by its hardware, and memory that came to another one is told apart."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ekanban_terminal.printing.device import fingerprint


class Hardware:
    """What the kernel says of a device, and a data folder on its disk."""

    def __init__(self, folder: Path) -> None:
        self.sys, self.data = folder / "sys", folder / "data"
        self.data.mkdir()

    def says(self, name: str, text: str) -> None:
        file = self.sys / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def network_card(self, name: str, address: str, bus: str = "pci0000:00/0000:00:03.0", kind: str = "0") -> None:
        self.says(f"class/net/{name}/address", f"{address}\n")
        self.says(f"class/net/{name}/addr_assign_type", f"{kind}\n")
        device = self.sys / "devices" / bus
        device.mkdir(parents=True, exist_ok=True)
        (self.sys / f"class/net/{name}/device").symlink_to(device)

    def sd_card(self, cid: str) -> None:
        number = os.stat(self.data).st_dev
        self.says("devices/mmc0/block/mmcblk0/device/cid", f"{cid}\n")
        partition = self.sys / "devices/mmc0/block/mmcblk0/mmcblk0p2"
        partition.mkdir(exist_ok=True)
        place = self.sys / f"dev/block/{os.major(number)}:{os.minor(number)}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(partition)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.data, self.sys)


@pytest.fixture
def pi(tmp_path: Path) -> Hardware:
    hardware = Hardware(tmp_path)
    hardware.says("firmware/devicetree/base/serial-number", "10000000a1b2c3d4\0")
    hardware.sd_card("035344535344")
    return hardware


@pytest.fixture
def pc(tmp_path: Path) -> Hardware:
    hardware = Hardware(tmp_path)
    hardware.network_card("enp3s0", "00:1b:21:3a:40:01")
    return hardware


def test_a_device_says_the_same_at_each_start(pi: Hardware) -> None:
    assert pi.fingerprint == pi.fingerprint != ""


def test_another_board_is_another_device(pi: Hardware) -> None:
    before = pi.fingerprint

    pi.says("firmware/devicetree/base/serial-number", "10000000ffffffff\0")

    assert pi.fingerprint not in ("", before)


def test_an_sd_card_written_from_a_backup_is_another_device(pi: Hardware) -> None:
    before = pi.fingerprint

    pi.sd_card("1b534d454231")

    assert pi.fingerprint not in ("", before)


def test_another_pc_is_another_device(pc: Hardware) -> None:
    before = pc.fingerprint

    pc.says("class/net/enp3s0/address", "00:1b:21:3a:40:02\n")

    assert pc.fingerprint not in ("", before)


def test_what_is_plugged_in_or_changes_its_address_does_not_count(pc: Hardware) -> None:
    before = pc.fingerprint

    pc.network_card("enx1", "aa:bb:cc:00:00:01", bus="pci0000:00/0000:00:14.0/usb1/1-2")
    pc.network_card("wlan0", "aa:bb:cc:00:00:02", bus="pci0000:00/0000:00:05.0")
    pc.says("class/net/wlan0/wireless/status", "0")
    pc.network_card("eth9", "aa:bb:cc:00:00:03", bus="pci0000:00/0000:00:06.0", kind="1")
    pc.says("class/net/br0/address", "aa:bb:cc:00:00:04\n")

    assert pc.fingerprint == before


def test_where_nothing_tells_a_device_from_others_it_has_no_fingerprint(tmp_path: Path) -> None:
    hardware = Hardware(tmp_path)
    hardware.sd_card("035344535344")  # is copied with its machine, where the machine is virtual

    assert hardware.fingerprint == ""
