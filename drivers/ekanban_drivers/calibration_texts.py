"""The sentences of calibration: what is wrong, and what mends it in the scanner."""

from __future__ import annotations

from ekanban_drivers.profile import CapsLock
from ekanban_drivers.scanner import N_

UNKNOWN = N_(
    "This was not the calibration barcode, or the scanner types in a layout that is not known here: %(text)s. "
    "Scan it again."
)
LAYOUT = N_("The scanner types in the layout %(right)s; the profile says %(wrong)s.")
LAYOUT_OF_SEVERAL = N_(
    "The scanner types in the layout %(right)s or %(others)s, which differ in letters with accents only; "
    "the profile says %(wrong)s."
)
CAPS = {
    CapsLock.FOLLOW: N_("Capital and small letters are exchanged: the scanner minds Caps Lock, the profile does not."),
    CapsLock.OFF: N_("Capital and small letters are exchanged: Caps Lock is on, and the scanner does not mind it."),
    CapsLock.ON: N_("Capital and small letters are exchanged: the scanner types as if Caps Lock were on."),
}
CASE = N_("The scanner changes the case of letters (%(text)s). Switch its case conversion off.")
SEPARATOR_LOST = N_(
    "The separator GS is lost. Set the scanner to send it as Ctrl+] or Alt+029 "
    "(its manual calls that function key mapping, or control characters)."
)
SEPARATOR_REFUSED = N_(
    "The separator GS is typed as a key that means something else in this layout. "
    "Set the scanner to send it as Alt+029."
)
SEPARATOR_REPLACED = N_("The separator GS is typed as “%(typed)s”. Set the scanner to send it as Ctrl+] or Alt+029.")
AIM = N_("The scanner sends AIM identifiers (%(identifier)s), and the profile does not cut them off.")
PREFIX = N_("The scanner puts “%(typed)s” in front of each code; the profile expects “%(wanted)s”.")
SUFFIX = N_("The scanner puts “%(typed)s” behind each code; the profile expects “%(wanted)s”.")
TERMINATOR_MISSING = N_(
    "The scanner sends nothing behind the code, so nobody knows where it ends. Set it to send Enter (suffix CR)."
)
TERMINATOR = N_("The scanner ends a code with %(given)s, which the profile does not accept.")
REST = N_("Something follows the end of the code: “%(typed)s”. Set the scanner to send Enter alone.")
GAP = N_("The scanner pauses for %(pause)s ms in the middle of a code, longer than the profile allows.")
