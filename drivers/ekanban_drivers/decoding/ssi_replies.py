"""What a scanner answers to an order of the Simple Serial Interface, cut out of what it reads.

Each order is answered by a packet, CMD_ACK (0xD0) or CMD_NAK (0xD1), on the same line as the codes. It would become the
beginning of the next code. See feedback.py for the form of packets.
"""

from __future__ import annotations

WHOLE = {0x04: 0xD0, 0x05: 0xD1}  # length without checksum → order


class SsiReplies:
    """Takes the bytes of one device, in any chunks, and gives them back without the answers."""

    def __init__(self) -> None:
        self.held = b""  # what may be the beginning of an answer

    def cut(self, data: bytes) -> bytes:
        """Return what is no answer, in order; what may become one is held until it is known."""
        data, self.held = self.held + data, b""
        kept = bytearray()
        place = 0
        while place < len(data):
            known = _answer(data[place : place + 7])
            if known is None:
                self.held = data[place:]
                break
            if known == 0:
                kept.append(data[place])
            place += known or 1
        return bytes(kept)

    def release(self) -> bytes:
        """Give up waiting: return what is held."""
        held, self.held = self.held, b""
        return held


def _answer(data: bytes) -> int | None:
    """Return the length of the answer that begins here; 0: none does; None: too little is there to say."""
    order = WHOLE.get(data[0])
    if order is None:
        return 0
    expected = bytes([data[0], order, 0])
    if not expected.startswith(data[:3]):
        return 0
    length = data[0] + 2
    if len(data) < length:
        return None
    packet = data[:length]
    return length if (sum(packet[:-2]) + int.from_bytes(packet[-2:], "big")) & 0xFFFF == 0 else 0
