"""The benchmarks: each measures a figure beside its yardstick in one run, and states the ratio next to its limit.

They ship with the product, because the question "is this SD card quick enough for a terminal?" is asked at the plant.
A benchmark is a module with `run() -> Report`, named in catalogue.py.
"""
