"""The status of a terminal in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ekanban_cli.language import _

if TYPE_CHECKING:
    from ekanban_terminal.state import KioskState

Shown = dict[str, Any]


def described(status: Shown) -> str:
    """Put the answer of /api/v1/status into lines."""
    central, journal = status["central"], status["journal"]
    lines = [
        _("Terminal {name}, release {release}").format(name=status["name"], release=status["release"]),
        _central(central["state"]).format(url=central["url"] or "–", since=central["since"]),
        _("Journal: {stored} waiting, {dead} that central could not take, {refused} refused and not yet seen").format(
            **journal
        ),
    ]
    lines += [_scanner(scanner) for scanner in status["scanners"]]
    lines += [_("Alarm: {text}").format(text=alarm["text"]) for alarm in status["alarms"]]
    return "\n".join(lines)


def in_short(state: KioskState) -> str:
    """One line for `systemctl status`: how the scanners, central and the journal stand, and what is wrong."""
    ready = sum(scanner.state == "ready" for scanner in state.scanners)
    text = _("Scanners ready: {ready} of {all}; central: {central}; scans waiting: {stored}").format(
        ready=ready, all=len(state.scanners), central=state.central.state, stored=state.stored
    )
    return "; ".join([text, *(alarm.text for alarm in state.alarms)])


def _scanner(scanner: Shown) -> str:
    known = {"ready": _("ready"), "absent": _("absent"), "not_readable": _("not readable"), "busy": _("busy")}
    state = known.get(scanner["state"], scanner["state"])
    return _("Scanner {name}: {state} {text}").format(name=scanner["name"], state=state, text=scanner["text"]).rstrip()


def _central(state: str) -> str:
    match state:
        case "online":
            return _("Central {url} answers.")
        case "offline":
            return _("Central {url} has not answered since {since}; scans are stored and will be sent.")
        case "refused":
            return _("Central {url} refuses this terminal since {since}; ask a supervisor there.")
        case "pending":
            return _("Central {url} waits for a supervisor to approve this terminal.")
        case _unknown:
            return _("Not enrolled: get a code at central, then `ekanban terminal enroll URL CODE`.")
