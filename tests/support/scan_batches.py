"""A batch of scans as a program posts it."""

from __future__ import annotations

import base64
import json

from ekanban_core.card_code import CardCode


def batch_of(terminal: str, cards: list[str]) -> bytes:
    """An empty scan of each card, the same ones whenever it is asked."""
    scans = [
        {
            "id": f"019e0000-0000-7000-8000-{number:012d}", "epoch": "3b241101-e2bb-4255-8caf-4136c566a962",
            "seq": number, "raw": base64.b64encode(CardCode(card, 1).text.encode()).decode(), "intent": "empty",
        }
        for number, card in enumerate(cards, 1)
    ]  # fmt: skip
    return json.dumps({"version": 1, "terminal": terminal, "generation": "g-1", "scans": scans}).encode()
