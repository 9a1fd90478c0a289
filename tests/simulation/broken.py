"""What the oracle says when a promise is broken."""

from __future__ import annotations


class Broken(AssertionError):
    """A promise of promises.md does not hold. `promise`: its number, and a word."""

    def __init__(self, promise: str, what: str) -> None:
        super().__init__(promise, what)  # what it is made of again when it comes from another process
        self.promise = promise
        self.what = what

    def __str__(self) -> str:
        return f"promise {self.promise}: {self.what}"
