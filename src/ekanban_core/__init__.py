"""The language: card codes, card and signal rules, wire messages. No I/O, no framework, no clock of its own."""
