"""One job on its way to a printer: its documents, made while the first are printing, and whoever follows it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Iterator

from ekanban_labels.printers.model import BadPrinter, Document, Result, Tell, ended
from ekanban_labels.printers.patience import Patience
from ekanban_labels.printers.sentence import N_, Sentence, printable, say

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Job:
    """What is sent. `documents` never raises: if they cannot be made, it ends, and `ended` says so.

    A caller's `tell` must not raise; if it does, the connection is given up and nobody knows what became of the job.
    """

    def __init__(
        self, name: str, documents: Iterable[Document], tell: Tell, cancel: threading.Event, patience: Patience
    ) -> None:
        if not _NAME.fullmatch(name):
            raise BadPrinter(N_("“{given}” is no name of a job: letters, digits, hyphens, underscores."), given=name)
        self.name = name
        self.patience = patience
        self.tell = tell
        self.documents = self._made(documents)
        self._cancel = cancel
        self._broken: Exception | None = None

    def _made(self, documents: Iterable[Document]) -> Iterator[Document]:
        source = iter(documents)
        while True:
            try:
                document = next(source)
            except StopIteration:
                return
            except Exception as error:  # the prints before must still be accounted for
                self._broken = error
                return
            yield document

    @property
    def cancelled(self) -> bool:
        """Say whether somebody stopped the job."""
        return self._cancel.is_set()

    def rest(self, seconds: float) -> None:
        """Wait, shorter if the job is cancelled meanwhile."""
        if self.cancelled:
            time.sleep(seconds)
        else:
            self._cancel.wait(seconds)

    def cancelled_reason(self) -> Sentence:
        """Say that the job was cancelled."""
        return say(N_("The job was cancelled."))

    def ended(self, printed: int, begun: int, well: Sentence) -> Result:
        """Say what became of it when there were no more documents: `well`, unless the rest could not be made."""
        if self._broken is None:
            return ended(printed, begun, well, whole=True)
        reason = say(N_("The rest could not be drawn: {why}"), why=self._broken)
        return ended(printed, begun, reason, whole=False, detail=printable(repr(self._broken)))

    def batches(self, prints: int) -> Iterator[list[Document]]:
        """Yield the documents in batches of so many prints; one with more is a batch of its own."""
        batch: list[Document] = []
        for document in self.documents:
            if batch and sum(each.prints for each in batch) + document.prints > prints:
                yield batch
                batch = []
            batch.append(document)
        if batch:
            yield batch
