"""Which files go in and out at central, by the names that commands and addresses have for them."""

from __future__ import annotations

from enum import StrEnum


class ImportKind(StrEnum):
    """What an imported file holds."""

    PARTS = "parts"
    LOCATIONS = "locations"
    LOOPS = "loops"
    CARDS = "cards"
    JOURNAL = "journal"  # of a dead terminal


# In the order in which they are brought: each names what those before it have
LISTS = (ImportKind.PARTS, ImportKind.LOCATIONS, ImportKind.LOOPS, ImportKind.CARDS)


class ExportKind(StrEnum):
    """What an exported file holds."""

    PARTS = "parts"
    LOCATIONS = "locations"
    LOOPS = "loops"
    CARDS = "cards"
    SIGNALS = "signals"  # open and past ones
    LEDGER = "ledger"
