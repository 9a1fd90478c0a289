"""What else was seen: devices that nobody configured, and what the doctor could not look at. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ekanban_drivers.doctor import remedies
from ekanban_drivers.doctor.facts import Facts
from ekanban_drivers.doctor.finding import Code, Finding, Severity
from ekanban_drivers.doctor.matching import matching, path_of
from ekanban_drivers.identity import apart, place_of
from ekanban_drivers.scanner import N_, DeviceInfo

Found = Iterator[Finding]

# Who makes scanners and hardly any keyboards, after usb.ids: a hint, never a judgement.
MAKERS = {
    0x05E0: "Symbol (Zebra)", 0x05F9: "PSC (Datalogic)", 0x080C: "Datalogic", 0x0536: "Hand Held Products (Honeywell)",
    0x0C2E: "Metrologic (Honeywell)", 0x065A: "Opticon", 0x0745: "Syntech (CipherLab)", 0x1EAB: "Newland",
}  # fmt: skip
WORDS = ("scan", "barcode", "bar code", "imager")
INSTALL = {
    "evdev": "pip install 'ekanban-terminal[evdev]'  # or: sudo apt install python3-evdev",
    "pyudev": "pip install 'ekanban-terminal[terminal]'  # or: sudo apt install python3-pyudev",
    "serial": "pip install 'ekanban-terminal[terminal]'  # or: sudo apt install python3-serial",
}


def unused(facts: Facts) -> Found:
    """Name the devices that might be scanners and that no entry means, with the entry that each would need."""
    used = {path_of(facts, wanted) for wanted in facts.wanted}
    used |= {place_of(device) for wanted in facts.wanted for device in matching(facts, wanted)}
    free = [device for device in facts.devices if device.path not in used and place_of(device) not in used]
    for number, device in enumerate(apart(free), start=len(facts.wanted) + 1):
        about = {"driver": device.driver, "device": device.name, "maker": MAKERS.get(device.vendor or 0, "")}
        remedy = remedies.entry(device, f"scanner {number}")
        yield Finding(Code.NOT_USED, Severity.NOTE, _looks_like(device), about, remedy, device.path)


def beyond_sight(facts: Facts) -> Found:
    """Name what is missing for a whole answer, and for scanners to be read at all."""
    if facts.wanted and facts.terminal is None:
        text = N_("No terminal runs on this machine.")
        yield Finding(Code.TERMINAL_STOPPED, Severity.NOTE, text, {}, "sudo systemctl start ekanban-terminal")
    if facts.account.is_callers:
        text = N_("There is no account ekanban-terminal: rights are judged for a terminal that %(account)s starts.")
        yield Finding(Code.ACCOUNT_MISSING, Severity.NOTE, text, {"account": facts.account.name})
    for package in facts.packages:
        text = N_("The Python package %(package)s is missing; what needs it does not work.")
        yield Finding(Code.PACKAGE_MISSING, Severity.NOTE, text, {"package": package}, INSTALL.get(package, ""))
    if facts.hidden:
        text = N_("What %(count)s programs of other accounts have open could not be looked at: root may.")
        remedy = "sudo ekanban scanners doctor"
        yield Finding(Code.PROCESSES_HIDDEN, Severity.NOTE, text, {"count": str(facts.hidden)}, remedy)


def _looks_like(device: DeviceInfo) -> str:
    if device.driver == "hidpos":
        return N_("A bar code scanner that no entry of the configuration names: not used.")
    if device.driver != "evdev":
        return N_("A device for the driver %(driver)s that no entry of the configuration names: not used.")
    if device.vendor in MAKERS:
        return N_("Keyboard or scanner, of %(maker)s, which makes scanners: no entry names it, not used.")
    if any(word in device.name.lower() for word in WORDS):
        return N_("Keyboard or scanner, by its name a scanner: no entry names it, not used.")
    return N_("Keyboard or scanner, nothing tells which: no entry names it, not used.")
