"""The replenishment service: ledger, loops, signals, board, people."""
