"""On PYTHONPATH, every Python process waits for printers for seconds, not for minutes."""

from ekanban_labels.printers.patience import PATIENCE

SHORTER = {"answer": 3.0, "settle": 0.3, "silent": 4.0}
for name, seconds in SHORTER.items():
    object.__setattr__(PATIENCE, name, seconds)  # frozen for everyone else
