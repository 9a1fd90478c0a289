"""Words for states, with the icon and the colour that stand beside them."""

from __future__ import annotations

from dataclasses import dataclass

from ekanban_central.card_acts import CardStep
from ekanban_central.import_rows import Import
from ekanban_central.imported import ImportState, Said
from ekanban_central.view import gettext as _
from ekanban_central.view import ngettext
from ekanban_core.card_code import CardCode
from ekanban_core.lists import ImportKind
from ekanban_core.states import (
    CardState,
    ClosedHow,
    LoopKind,
    PaperState,
    PrinterWay,
    PrintReason,
    PrintState,
    Role,
    SignalState,
    TerminalState,
)


@dataclass(frozen=True, slots=True)
class Sign:
    """How a state is shown: never by colour alone."""

    word: str
    icon: str
    colour: str


def signal_state(state: str, how: str | None = None) -> Sign:
    """A pull signal's state; `how` it was closed says more than the state does."""
    if how == ClosedHow.ASSUMED:
        return Sign(_("Assumed received"), "received", "green")
    if how == ClosedHow.UNDONE:
        return Sign(_("Undone"), "undo", "grey")
    return {
        SignalState.WAITING: Sign(_("Waiting"), "pause", "grey"),
        SignalState.RELEASED: Sign(_("Released"), "open", "blue"),
        SignalState.ACKNOWLEDGED: Sign(_("Acknowledged"), "eye", "blue"),
        SignalState.IN_PROCESS: Sign(_("In process"), "play", "blue"),
        SignalState.READY: Sign(_("Ready"), "box", "green"),
        SignalState.IN_TRANSIT: Sign(_("In transit"), "truck", "green"),
        SignalState.RECEIVED: Sign(_("Received"), "received", "green"),
        SignalState.CANCELLED: Sign(_("Cancelled"), "cancelled", "grey"),
    }[SignalState(state)]


def import_state(state: str) -> Sign:
    """How far an import has come."""
    return {
        ImportState.WAITING: Sign(_("Waits for its turn"), "pause", "grey"),
        ImportState.READING: Sign(_("Is read"), "play", "blue"),
        ImportState.RUNNING: Sign(_("Is taken in"), "play", "blue"),
        ImportState.DONE: Sign(_("Taken in"), "check", "green"),
        ImportState.CHECKED: Sign(_("Checked only"), "eye", "grey"),
        ImportState.REFUSED: Sign(_("Refused, nothing changed"), "ban", "red"),
        ImportState.BROKEN: Sign(_("Broken off"), "alert", "amber"),
    }[ImportState(state)]


def said(one: Said) -> str:
    """A text that was kept to be translated, filled."""
    return _(one.text).format(**one.facts)


def list_kind(kind: str) -> str:
    """What an imported list holds."""
    return {
        ImportKind.PARTS: _("Parts"),
        ImportKind.LOCATIONS: _("Locations"),
        ImportKind.LOOPS: _("Loops"),
        ImportKind.CARDS: _("Cards"),
    }[ImportKind(kind)]


def list_made(one: Import) -> str:
    """What came of an imported list, or would come of it."""
    made = {
        "parts": ngettext("%(num)s new part", "%(num)s new parts", one.created.get("parts", 0)),
        "locations": ngettext("%(num)s new location", "%(num)s new locations", one.created.get("locations", 0)),
        "loops": ngettext("%(num)s new loop", "%(num)s new loops", one.created.get("loops", 0)),
        "cards": ngettext("%(num)s new card", "%(num)s new cards", one.created.get("cards", 0)),
        "aliases": ngettext("%(num)s new code of others", "%(num)s new codes of others", one.created.get("aliases", 0)),
    }
    told = [text % {"num": one.created[name]} for name, text in made.items() if one.created.get(name)]
    if one.changed:
        told.append(_("{count} changed").format(count=one.changed))
    if one.unchanged:
        told.append(_("{count} as before").format(count=one.unchanged))
    return ", ".join(told) or _("nothing new")


def list_place(wrong: Said) -> str:
    """Where in the file it is."""
    if not wrong.line:
        return ""
    if not wrong.column:
        return _("Line {line}: ").format(line=wrong.line)
    return _("Line {line}, {column}: ").format(line=wrong.line, column=printable(wrong.column)[:60])


def step(name: str) -> Sign:
    """What a person does to a signal."""
    return {
        "acknowledge": Sign(_("Acknowledge"), "eye", "blue"),
        "start": Sign(_("Start"), "play", "blue"),
        "ready": Sign(_("Ready"), "box", "blue"),
        "ship": Sign(_("Ship"), "truck", "blue"),
        "receive": Sign(_("Receive"), "received", "green"),
        "cancel": Sign(_("Cancel"), "cancelled", "red"),
        "release": Sign(_("Release"), "open", "blue"),
    }[name]


def done(name: str) -> str:
    """The same as something that has happened."""
    return {
        "acknowledge": _("Acknowledged"),
        "start": _("Started"),
        "ready": _("Ready"),
        "ship": _("Shipped"),
        "receive": _("Received"),
        "cancel": _("Cancelled"),
        "release": _("Released"),
    }[name]


def card_state(state: str) -> Sign:
    """A card's state."""
    return {
        CardState.DRAFT: Sign(_("Never printed"), "card", "grey"),
        CardState.ACTIVE: Sign(_("In use"), "check", "green"),
        CardState.ON_HOLD: Sign(_("On hold"), "pause", "amber"),
        CardState.LOST: Sign(_("Reported lost"), "search", "red"),
        CardState.FOUND: Sign(_("Found again"), "alert", "amber"),
        CardState.RETIRED: Sign(_("Out of use"), "cancelled", "grey"),
    }[CardState(state)]


def card_step(name: str) -> Sign:
    """What a person does to a card."""
    return {
        CardStep.HOLD: Sign(_("Put on hold"), "pause", "amber"),
        CardStep.RELEASE: Sign(_("Release from hold"), "play", "green"),
        CardStep.LOST: Sign(_("Report lost"), "search", "red"),
        CardStep.REINSTATE: Sign(_("Reinstate"), "check", "green"),
        CardStep.RETIRE: Sign(_("Retire"), "cancelled", "red"),
    }[CardStep(name)]


def card_done(name: str) -> str:
    """The same as something that has happened."""
    return {
        CardStep.HOLD: _("On hold"),
        CardStep.RELEASE: _("Released from hold"),
        CardStep.LOST: _("Reported lost"),
        CardStep.REINSTATE: _("Reinstated"),
        CardStep.RETIRE: _("Retired"),
    }[CardStep(name)]


def card_mark(name: str) -> str:
    """What sets a card apart, as a filter says it."""
    return {
        "stale": _("Old quantity"),
        "pending": _("Print awaited"),  # on its way, or nobody has said yet whether it came out
        "open": _("Signal open"),
        "one_off": _("For one cycle"),
    }[name]


def print_state(state: str) -> Sign:
    """How far a print job has come."""
    return {
        PrintState.QUEUED: Sign(_("Waits"), "clock", "grey"),
        PrintState.SENDING: Sign(_("Is printed"), "printer", "blue"),
        PrintState.ACCEPTED: Sign(_("Taken by the printer"), "inbox", "amber"),
        PrintState.DONE: Sign(_("On paper"), "check", "green"),
        PrintState.UNKNOWN: Sign(_("Somebody must look"), "eye", "amber"),
        PrintState.FAILED: Sign(_("Failed"), "ban", "red"),
        PrintState.CANCELLED: Sign(_("Taken back"), "cancelled", "grey"),
    }[PrintState(state)]


def print_state_says(state: str) -> str:
    """The same as a sentence that says what it means for the cards."""
    return {
        PrintState.QUEUED: _("It waits for its printer. The papers in use are valid until the new ones are confirmed."),
        PrintState.SENDING: _("It is on its way to the printer."),
        PrintState.ACCEPTED: _("The printer has taken all of it, and does not say whether paper came out."),
        PrintState.DONE: _("All papers are there; any older ones are void."),
        PrintState.UNKNOWN: _("Nobody knows how much came out. It is not sent again by itself: look at the printer."),
        PrintState.FAILED: _("What is not on paper will not come by itself. The papers in use stay valid."),
        PrintState.CANCELLED: _("It was taken back before it was sent. The papers in use stay valid."),
    }[PrintState(state)]


def paper_state(state: str) -> Sign:
    """What is known of one print."""
    return {
        PaperState.WAITING: Sign(_("Waits"), "clock", "grey"),
        PaperState.OUT: Sign(_("On paper"), "check", "green"),
        PaperState.UNSURE: Sign(_("Not sure"), "help", "amber"),
        PaperState.MISSING: Sign(_("Did not come"), "paper-cross", "grey"),
    }[PaperState(state)]


def print_reason(reason: str) -> str:
    """Why cards are printed."""
    return {
        PrintReason.NEW: _("First print"),
        PrintReason.LOST: _("Lost"),
        PrintReason.DAMAGED: _("Damaged"),
        PrintReason.STALE: _("Old quantity"),
        PrintReason.AGAIN: _("Printed again"),
    }[PrintReason(reason)]


def audit_found(found: str, *, ended: bool) -> Sign:
    """What became of a card in an audit; while somebody still walks, nothing is missing for sure."""
    return {
        "seen": Sign(_("Seen"), "check", "green"),
        "missing": Sign(_("Missing"), "search", "red") if ended else Sign(_("Not seen yet"), "search", "grey"),
        "replaced": Sign(_("Printed anew"), "printer", "blue"),
        "out_of_place": Sign(_("Out of place"), "alert", "amber"),
        "unknown": Sign(_("No card"), "help", "grey"),
    }[found]


def on_card(value: str) -> str:
    """What a layout calls one of its values, in the words of the card; its other names, and codes, as they are."""
    return {
        "part": _("Part"),
        "description": _("Description"),
        "amount": _("Quantity"),
        "container": _("Container"),
        "source": _("From"),
        "place": _("To"),
        "remark": _("Remark"),
        "lead_time": _("Lead time"),
        "sheet": _("Sheet"),
    }.get(value, value)


def printer_way(way: str) -> str:
    """How a printer is reached."""
    return {
        PrinterWay.IPP: _("IPP, directly"),
        PrinterWay.CUPS: _("Queue of this machine (CUPS)"),
        PrinterWay.RAW: _("Label printer on the network (port 9100)"),
        PrinterWay.FILE: _("Files in a folder"),
    }[PrinterWay(way)]


def terminal_state(state: str, *, silent: bool = False, forked: bool = False) -> Sign:
    """A terminal's standing."""
    if state == TerminalState.REVOKED:
        return Sign(_("Revoked"), "cancelled", "grey")
    if state == TerminalState.PENDING:
        return Sign(_("Waits for approval"), "pause", "amber")
    if forked:
        return Sign(_("Copied or restored"), "alert", "red")
    return Sign(_("Silent"), "silent", "red") if silent else Sign(_("In touch"), "link", "green")


def loop_kind(kind: str) -> str:
    """What a loop asks its source for."""
    return {
        LoopKind.PRODUCTION: _("Make"),
        LoopKind.WITHDRAWAL: _("Move"),
        LoopKind.SUPPLIER: _("Buy"),
        LoopKind.SIGNAL: _("Lot"),
    }[LoopKind(kind)]


def role(name: str) -> str:
    """What a person may do."""
    return {Role.VIEWER: _("Viewer"), Role.SUPERVISOR: _("Supervisor"), Role.ADMIN: _("Administrator")}[Role(name)]


def card_code(body: str, version: int = 1) -> str:
    """The code as the newest print carries it: 7K3Q-M9X2-01CF; before the first print, as that will."""
    return CardCode(body, max(1, version)).shown


def short_code(body: str) -> str:
    """The card without version and check characters, for lists: 7K3Q-M9X2."""
    return f"{body[:4]}-{body[4:]}"


def printable(text: str) -> str:
    """What was scanned, made visible: control characters by their names, {GS}; what cannot be shown as an escape."""
    return "".join(_visible(character) for character in text)


_CONTROLS = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI",
    "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
]  # fmt: skip


def _visible(character: str) -> str:
    code = ord(character)
    if code < len(_CONTROLS):
        return f"{{{_CONTROLS[code]}}}"
    return character if character.isprintable() else f"\\x{code:02x}"
