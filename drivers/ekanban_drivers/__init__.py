"""Scanners: bytes and key events become scans; feedback goes back to the device. Knows nothing of kanban."""
