"""What the doctor says: findings, each with a stable name, how bad it is, and what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ekanban_drivers.doctor.facts import Wanted


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    NOTE = "note"  # good to know
    WARNING = "warning"  # it works, but may not tomorrow
    PROBLEM = "problem"  # a configured scanner is not read


class Code(StrEnum):
    """The stable names of findings."""

    # Configured scanners
    WILL_BE_READ = "will_be_read"  # nothing stands in the way
    IS_READ = "is_read"  # the running terminal says so
    NOT_EXAMINED = "not_examined"  # its driver has no device nodes
    SETTINGS_WRONG = "settings_wrong"  # the configuration itself
    UNKNOWN_DRIVER = "unknown_driver"
    DRIVER_UNAVAILABLE = "driver_unavailable"  # its package is missing
    PROFILE_WRONG = "profile_wrong"
    ADDRESS_WRONG = "address_wrong"  # of a scanner on the network
    ABSENT = "absent"
    LINK_POINTS_NOWHERE = "link_points_nowhere"
    WRONG_CLASS = "wrong_class"  # a mouse, another driver's device
    SEVERAL_DEVICES = "several_devices"  # the name fits more than one
    SAME_DEVICE = "same_device"  # another entry reads it
    NOT_READABLE = "not_readable"  # the account lacks permission
    HELD = "held"  # another program has it, or keeps it busy
    OPENED_BY_OTHERS = "opened_by_others"  # another program reads along, as far as it is let
    TERMINAL_SAYS = "terminal_says"  # the running terminal knows more than can be seen from here
    NODE_NUMBER = "node_number"  # named by event5 or ttyUSB0, which change
    # Who else wants what it gives
    NO_GRAB_SAFETY = "no_grab_safety"  # desktops may take its keystrokes
    MODEM_MANAGER = "modem_manager"
    BRLTTY = "brltty"
    GETTY_ON_PORT = "getty_on_port"
    CONSOLE_ON_PORT = "console_on_port"
    GETTY_ON_SEAT = "getty_on_seat"
    DESKTOP_SESSION = "desktop_session"
    # The rest
    TERMINAL_STOPPED = "terminal_stopped"  # the service does not run
    ACCOUNT_MISSING = "account_missing"  # the service has no account yet: rights are the caller's
    NOT_USED = "not_used"  # looks like a scanner, no entry names it
    NO_SCANNERS = "no_scanners"  # nothing is configured
    PACKAGE_MISSING = "package_missing"
    PROCESSES_HIDDEN = "processes_hidden"  # not all programs could be looked at


# Their remedies are lines of the terminal's configuration; those of the others are for a shell.
IN_CONFIGURATION = frozenset(
    {Code.ABSENT, Code.LINK_POINTS_NOWHERE, Code.SEVERAL_DEVICES, Code.WRONG_CLASS, Code.NODE_NUMBER, Code.NOT_USED}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found out.

    `template` and `facts` make the sentence for people, in English; `remedy` is for a shell or a file, word for word.
    """

    code: Code
    severity: Severity
    template: str
    facts: Mapping[str, str] = field(default_factory=dict)
    remedy: str = ""
    device: str = ""  # the node
    scanner: str = ""  # the configured name

    @property
    def what(self) -> str:
        """The sentence for people, in English."""
        return self.template % self.facts if self.facts else self.template

    @property
    def remedy_for(self) -> str:
        """Where the remedy belongs: "configuration" or "shell"; empty: there is none."""
        if not self.remedy:
            return ""
        return "configuration" if self.code in IN_CONFIGURATION else "shell"


def problem(
    code: Code, wanted: Wanted, text: str, about: Mapping[str, str], remedy: str = "", path: str = ""
) -> Finding:
    """Say why a configured scanner is not read."""
    return Finding(code, Severity.PROBLEM, text, about, remedy, path, wanted.name)
