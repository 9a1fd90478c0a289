"""Every sentence by its key. Of several forms the first whose facts are all known is said."""

from __future__ import annotations


def _(text: str) -> str:
    return text  # marks for extraction; texts.py translates


PAPER = {
    "superseded": (_("This paper is replaced: destroy it."),),
    "stale": (_("Quantity is now {quantity_now}: print this card again."),),
}

SENTENCES: dict[str, tuple[str, ...]] = {
    # carried out
    "opened": (_("Ordered, due {due_ms}."), _("Ordered.")),
    "opened_waiting": (_("Ordered. It waits for its release; due {due_ms}."), _("Ordered. It waits for its release.")),
    "opened_assumed": (_("Last bin taken as received. Ordered again, due {due_ms}."),),
    "opened_waiting_assumed": (_("Last bin taken as received. Ordered again; it waits for its release."),),
    "received": (_("Received. The order is closed."),),
    "advanced": (_("Done: {state}."),),
    "withdrawn": (_("Withdrawal of {quantity} recorded."), _("Withdrawal recorded.")),
    "cancelled": (_("The order is cancelled."),),
    "undone": (_("Taken back."),),
    "undone_nothing": (_("There was nothing to take back."),),
    # stored at a terminal, not yet at central
    "stored_opened": (_("Stored, not yet ordered."),),
    "stored_advanced": (_("Stored, not yet passed on."),),
    "stored_received": (_("Stored, not yet booked as received."),),
    "stored_undone": (_("Stored, not yet taken back."),),
    "register_missing": (_("This terminal does not know its cards yet."),),
    # nothing to do
    "already_open": (
        _("Already ordered {opened_ms} by {by}, due {due_ms}; now {state}."),
        _("Already ordered {opened_ms}, due {due_ms}; now {state}."),
        _("Already ordered {opened_ms}, due {due_ms}."),
    ),
    "double_read": (_("Read twice; counted once."),),
    "late": (_("From before the present cycle: recorded, nothing changed."),),
    "command": (_("Command card: {intent}. Scan a card next."),),
    "lookup_open": (_("Ordered {opened_ms}, due {due_ms}; now {state}."),),
    "lookup_idle": (_("Nothing is on order for this card."),),
    "lookup_on_hold": (_("This card is on hold."),),
    "lookup_lost": (_("This card is reported lost. Give it to your supervisor."),),
    "lookup_found": (_("This card was lost and found again. A supervisor decides."),),
    "lookup_retired": (_("This card is out of use. Give it to your supervisor."),),
    # steps out of order
    "out_of_sequence": (_("Done: {state}. A step before it was left out."),),
    "out_of_sequence_refused": (_("Not yet: it is {state}, and a step is missing before this one."),),
    "step_behind": (_("Nothing changed: it is {state} already."),),
    "step_behind_refused": (_("Not done: it is {state} already."),),
    "step_unused": (_("Nothing changed: this loop does not use this step."),),
    "step_unused_refused": (_("Not done: this loop does not use this step."),),
    # the card says no
    "on_hold": (_("Not ordered: this card is on hold. Ask your supervisor."),),
    "retired": (_("Not done: this card is out of use. Give it to your supervisor."),),
    "superseded_print": (_("Not ordered: a newer print of this card exists. Destroy this paper and use the new one."),),
    "malformed": (_("Central could not process this scan; it is kept. Call your supervisor."),),
    "unknown_card": (_("No card has this code. Check it, or give it to your supervisor."),),
    # a person decides
    "found": (_("This card was reported lost. Your supervisor decides; the demand is kept."),),
    "times_overlap": (_("It is not certain which came first. Your supervisor decides."),),
    "cycle_unclear": (_("It is not certain that the last bin has come. Your supervisor decides."),),
    "no_open_signal": (_("Nothing is on order for this card. Your supervisor decides."),),
    "undo_moved_on": (_("It has gone further since. Your supervisor decides."),),
    "undo_unknown": (_("The scan to take back is not known. Your supervisor decides."),),
    "shown_red": (_("The terminal refused this, it would be possible now. Your supervisor decides."),),
    "set_aside_revoked": (_("Set aside: this terminal is no longer admitted. Call your supervisor."),),
    "set_aside_forked": (_("Set aside: this terminal's memory was copied or restored. Call your supervisor."),),
    "set_aside_conflict": (_("Set aside: another scan has this scan's place. Call your supervisor."),),
    "set_aside_behind": (_("Set aside: this scan was taken for lost before it came. Call your supervisor."),),
    "set_aside_pending": (_("Set aside: this terminal is not admitted yet. Call your supervisor."),),
    # prints at a terminal's own printer
    "print_confirmed": (_("This paper is the valid one now."),),
    "print_unknown": (_("It is not known whether the card was printed. It counts from its first scan."),),
    "print_failed": (_("The card was not printed. The old paper is valid as before."),),
    "print_superseded": (_("A newer print of this card exists. Destroy this paper and use the new one."),),
    "print_of_retired": (_("This card is out of use. Destroy this paper."),),
    "print_aside": (_("Set aside: this terminal was not to print this paper. Call your supervisor."),),
    "print_malformed": (_("Central could not process this print; it is kept. Call your supervisor."),),
    # bins without a card
    "missing_reported": (_("Reported, and not ordered yet: your supervisor decides."),),
    "missing_on_order": (_("Reported. An order of this card is open, due {due_ms}; your supervisor decides."),),
    "missing_served": (_("An order of this card was closed since: nothing is ordered by this report."),),
    "missing_retired": (_("Reported. The card is out of use: nothing is ordered by it. Call your supervisor."),),
    "missing_aside": (_("Set aside, and not ordered. Call your supervisor."),),
    "missing_malformed": (_("Central could not process this report; it is kept. Call your supervisor."),),
    # what cannot be read
    "empty_reading": (_("Nothing was read. Scan again."),),
    "reading_too_long": (_("Not a card: {got} characters are too many."),),
    "control_character": (_("Not a card: the reading holds control characters. Scan again."),),
    "not_utf8": (_("Not a card: the reading is not text. Scan again."),),
    "code_length": (_("Not a card: 12 characters expected, got {got}."),),
    "code_character": (_("Not a card: {got} is not a character of a card code."),),
    "code_check": (_("Misread: check characters are {got}, expected {expected}. Scan again."),),
    "code_version": (_("Not a card: print version {got} does not exist."),),
    "url_of_no_card": (_("Not a card: this address does not end in /c/ and a code."),),
    "envelope_without_card": (_("Not a card: this label has no field 15K."),),
    "gs1_unknown": (_("Not a card: this GS1 label is not entered for any card."),),
    "command_unknown": (_("This command card is not known."),),
    "command_no_card": (_("This is a command card, it names no card."),),
    "alias_is_command": (_("This is a command card: it cannot stand for a card."),),
    "alias_too_long": (_("Expected a code of at most {most} characters, got {got}."),),
    # why a person decides, at the review desk
    "review_found": (_("A card that was reported lost has been scanned. Reinstate it or retire it."),),
    "review_no_open_signal": (
        _("Scanned for {intent}, but nothing is on order for this card."),
        _("A step was scanned, but nothing is on order for this card."),
    ),
    "review_probably_received": (_("Empty again, long after the release: probably received without a scan."),),
    "review_times_overlap": (
        _("Two things happened at nearly the same time; the clocks do not tell which came first."),
    ),
    "review_cycle_unclear": (_("Empty again; the clocks do not tell whether the last bin can have come meanwhile."),),
    "review_empty_meanwhile": (
        _(
            "Scanned as empty while its order was open here. A scan that arrived later has closed that order or taken "
            "it back: is the bin to be filled again?"
        ),
    ),
    "review_undo_moved_on": (_("An undo came after its scan had gone further."),),
    "review_undo_unknown": (_("An undo names a scan that is not known here."),),
    "review_version_ahead": (
        _("Print {version} was scanned, which was not made here. It was accepted."),
        _("A print was scanned that was not made here. It was accepted."),
    ),
    "review_unknown_card": (
        _("A terminal took this card, and it is not known here. Was central restored? Then make a new card."),
    ),
    "review_shown_green_refused": (_("The worker saw green, and the scan could not be carried out."),),
    "review_shown_red": (_("The worker saw red, and the scan would have been possible. Is it still wanted?"),),
    "review_malformed": (_("A scan arrived that could not be processed. It is kept as it came."),),
    "review_scans_missing": (
        _(
            "Scans are missing: {count}. This terminal had stored them and has them no more; they never came here. Ask "
            "there what was scanned, and scan it again."
        ),
    ),
    "review_print_overtaken": (
        _(
            "Print {version} came out of a terminal's printer, and print {newest} is the valid one by now. Is that one "
            "at the bin? Then destroy print {version}; else print the card again."
        ),
    ),
    "review_print_aside": (
        _(
            "A terminal has printed print {version}, which was not given to it here. Destroy it and print the card "
            "again."
        ),
    ),
    "review_print_aside_forked": (
        _(
            "Print {version} was made at a device whose memory was copied or restored: another paper may have the same "
            "number. Print the card again."
        ),
    ),
    "review_print_aside_revoked": (
        _("Print {version} was made at a terminal that was revoked. Print the card again."),
    ),
    "review_card_missing": (_("A bin stands empty without its card. The report alone orders nothing."),),
    "review_card_missing_forked": (
        _(
            "A bin without its card was reported at a device whose memory was copied or restored. Look at the bin "
            "before you order."
        ),
    ),
    "review_card_missing_revoked": (
        _("A bin without its card was reported at a terminal that was revoked. Look at the bin before you order."),
    ),
    "review_card_missing_pending": (
        _(
            "A bin without its card was reported at a terminal that was not approved yet. Look at the bin before you "
            "order."
        ),
    ),
    "review_card_missing_unknown": (
        _("A bin without its card was reported, and the card is not known here. Ask at the terminal."),
    ),
    "review_card_missing_malformed": (
        _("A report of a bin without its card could not be processed. It is kept; ask at the terminal."),
    ),
    # how the demand of such a bin stands
    "missing_waits": (_("Nothing is on order."),),
    "missing_held": (_("Nothing is on order. The card is {card_state}: change that first, then it can be ordered."),),
    "missing_unclear": (
        _("Nothing is on order. The last order was closed at about that time: look whether the bin is still empty."),
    ),
    "missing_next": (
        _("An order is open since {opened_ms}, long before: received without a scan? Else it is on its way."),
    ),
    "missing_next_unclear": (
        _("An order is open since {opened_ms}. The clocks do not tell whether its bin came before: look at the bin."),
    ),
    "missing_open": (_("On order since {opened_ms}, due {due_ms}."),),
    "review_restored": (
        _(
            "Central was restored from a backup: what it knows ends at {ends_ms}. What people did on pages after that, "
            "at least until {heard_ms}, is lost: do it again. Scans come back from the terminals by themselves."
        ),
        _(
            "Central was restored from a backup. What people did on pages since that backup is lost: do it again. "
            "Scans come back from the terminals by themselves."
        ),
    ),
    "review_set_aside": (_("Scanned at a terminal that is not admitted or was copied."),),
    "review_set_aside_forked": (
        _("Scanned at a device whose memory was copied or restored: it has to be enrolled again. Is it still wanted?"),
    ),
    "review_set_aside_revoked": (_("Scanned at a terminal that was revoked. Is it still wanted?"),),
    "review_set_aside_pending": (_("Scanned at a terminal that was not approved yet. Is it still wanted?"),),
    # what pages refuse
    "nothing_open": (_("Nothing is on order for this card."),),
    "reason_needed": (_("Say why: a cancelled order needs a reason."),),
    "card_forbids": (
        _("Not possible: the card {code} is {card_state}."),  # one of several
        _("Not possible: the card is {card_state}."),
    ),
    "lose_while_held": (
        _(
            "The card is on hold and stays so, whoever finds its paper: it orders nothing. Print it anew as lost, or "
            "release it from hold first."
        ),
    ),
    "retire_while_open": (_("An order is open for this card. Receive or cancel it first."),),
    "prints_used_up": (
        _("The card {code} was printed {most} times. Replace it by a new card."),  # one of several
        _("This card was printed {most} times. Replace it by a new card."),
    ),
    "moved_on": (_("This has changed meanwhile. Look again."),),
}

WORDS = {
    "waiting": _("waiting"),
    "released": _("released"),
    "acknowledged": _("acknowledged"),
    "in_process": _("in process"),
    "ready": _("ready"),
    "in_transit": _("in transit"),
    "received": _("received"),
    "cancelled": _("cancelled"),
    "draft": _("draft"),
    "active": _("active"),
    "on_hold": _("on hold"),
    "lost": _("lost"),
    "found": _("found"),
    "retired": _("out of use"),
    "empty": _("empty"),
    "acknowledge": _("acknowledge"),
    "start": _("start"),
    "ship": _("ship"),
    "receive": _("receive"),
    "withdraw": _("withdraw"),
    "lookup": _("look up"),
    "undo": _("undo"),
}
