"""From key events and bytes to codes: pure, without I/O and without a clock; every method takes the time it is told."""
