"""Which device this is, as far as its hardware tells: memory that came to another one is known by that.

Boards have a serial number, shop-floor PCs a network card; the disk's own number tells an SD card that was written
from a backup. What is plugged in and out, or may change its address, does not count.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SYS = Path("/sys")
BURNT_IN = "0"  # NET_ADDR_PERM of the kernel


def fingerprint(folder: Path, sys: Path = SYS) -> str:
    """Of the device and the disk under `folder`, in hex; empty where nothing tells this device from others."""
    device = [*_board(sys), *_network_cards(sys)]
    if not device:
        return ""
    return hashlib.sha256("\n".join([*device, *_disk(folder, sys)]).encode()).hexdigest()


def _board(sys: Path) -> Iterator[str]:
    if serial := _read(sys / "firmware/devicetree/base/serial-number"):
        yield f"board {serial}"


def _network_cards(sys: Path) -> Iterator[str]:
    """Addresses of cards that are built in: not over USB, not by radio, whose addresses are drawn anew."""
    for card in sorted((sys / "class/net").glob("*")):
        at_home = (card / "device").exists() and "/usb" not in os.path.realpath(card / "device")
        by_radio = (card / "wireless").exists() or (card / "phy80211").exists()
        address = _read(card / "address")
        if at_home and not by_radio and address and _read(card / "addr_assign_type") == BURNT_IN:
            yield f"network {address}"


def _disk(folder: Path, sys: Path) -> Iterator[str]:
    """What the disk calls itself: an SD card by its CID, others by serial number or world-wide name."""
    with suppress(OSError):
        number = os.stat(folder).st_dev
        place = Path(os.path.realpath(sys / f"dev/block/{os.major(number)}:{os.minor(number)}"))
        for part in (place, place.parent):  # a partition lies in its disk
            for name in ("device/cid", "device/serial", "device/wwid", "wwid", "serial"):
                if told := _read(part / name):
                    yield f"disk {told}"
                    return


def _read(file: Path) -> str:
    try:
        return file.read_bytes().strip(b"\0 \n").decode("ascii", "replace")
    except OSError:
        return ""
