"""Which device a configured scanner means, as hotplug.py finds it. Pure."""

from __future__ import annotations

import re

from ekanban_drivers.doctor.facts import Facts, NodeClass, Wanted
from ekanban_drivers.identity import apart
from ekanban_drivers.profile_match import fitting
from ekanban_drivers.scanner import DeviceInfo

CLASSES = {"evdev": NodeClass.KEYBOARD, "hidpos": NodeClass.HIDPOS, "serial": NodeClass.SERIAL}
NUMBERED = re.compile(r"/dev/(input/event|hidraw|ttyUSB|ttyACM)\d+")


def matching(facts: Facts, wanted: Wanted) -> list[DeviceInfo]:
    """Return the devices of its driver that a scanner's entry fits, each scanner once."""
    leads_to = facts.links.get(wanted.device, "")
    return apart(
        [
            device
            for device in facts.devices
            if device.driver == wanted.driver
            and (not wanted.device or device.answers_to(wanted.device) or device.path == leads_to)
        ]
    )


def profile_of(facts: Facts, wanted: Wanted) -> str:
    """Return the name of the profile with which a scanner is read: the entry's, else the one that fits; empty: none."""
    found = matching(facts, wanted)
    vendor, product = (found[0].vendor, found[0].product) if found else (None, None)
    return wanted.profile or fitting(wanted.driver, vendor, product) or ""


def path_of(facts: Facts, wanted: Wanted) -> str:
    """Return the node that an entry leads to, whatever it is; empty: to none, or to several."""
    found = matching(facts, wanted)
    if found:
        return found[0].path if len(found) == 1 else ""
    return facts.links.get(wanted.device, "")
