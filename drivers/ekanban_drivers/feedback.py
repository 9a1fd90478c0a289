"""What scanners on lines of bytes are sent, so that a person at them hears a colour.

Green is one high tone, amber two, red a long low one, or three where the scanner knows one tone only.

- BEL (0x07): most makers have a setting "beep on BEL".
- SSI: the Simple Serial Interface of Zebra (Symbol), order BEEP (0xE6). A packet is its length without the checksum,
  the order, the source (4: host), a status (0), what the order needs, and the two's complement of the sum of all these
  in 16 bits. After Zebra's "Simple Serial Interface Programmer's Guide" (72E-40451).
- Honeywell: SYN BEL CR, which it answers with nothing.
- Datalogic: `B` beeps as for a good read. Never `F` ("not on file"): it disables reading until `E` comes.
"""

from __future__ import annotations

from ekanban_drivers.profile import DeviceFeedback
from ekanban_drivers.scanner import Feedback

_TIMES = {Feedback.GREEN: 1, Feedback.AMBER: 2, Feedback.RED: 3, Feedback.GREY: 0}
_BEEPS = {DeviceFeedback.BEL: b"\a", DeviceFeedback.HONEYWELL: b"\x16\a\r", DeviceFeedback.DATALOGIC: b"B"}

SSI_BEEP, SSI_HOST = 0xE6, 0x04
_SSI_TONES = {Feedback.GREEN: 0x00, Feedback.AMBER: 0x01, Feedback.RED: 0x0F}  # 1 short high, 2 short high, 1 long low


def order(means: DeviceFeedback, feedback: Feedback) -> bytes | None:
    """Return what lets the scanner show the colour; empty: nothing shows it; None: it has no means to show any."""
    if means is DeviceFeedback.SSI:
        tone = _SSI_TONES.get(feedback)
        return b"" if tone is None else ssi_packet(SSI_BEEP, bytes([tone]))
    beep = _BEEPS.get(means)
    return None if beep is None else beep * _TIMES[feedback]


def ssi_packet(opcode: int, data: bytes = b"", source: int = SSI_HOST) -> bytes:
    """Build a packet of the Simple Serial Interface.

    >>> ssi_packet(0xD0).hex()
    '04d00400ff28'
    """
    packet = bytes([4 + len(data), opcode, source, 0]) + data
    return packet + (-sum(packet) & 0xFFFF).to_bytes(2, "big")
