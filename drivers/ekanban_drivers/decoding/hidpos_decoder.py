"""The reports of one HID-POS scanner become codes.

A length tells where a code ends, so it may hold any byte, CR and NUL among them; a long code comes in several reports.
Whatever does not fit the form is an error and never a code.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from ekanban_drivers.decoding import aim
from ekanban_drivers.decoding.framing import Framer
from ekanban_drivers.decoding.hidpos_form import COMMON, Form, form_of
from ekanban_drivers.profile import Framing, Profile, Terminator
from ekanban_drivers.scanner import ErrorKind, Event, Scan

logger = logging.getLogger(__name__)


class HidposDecoder:
    """Decodes the input reports of one device, as hidraw gives them: with their id, where reports have one.

    The form is that of the profile's report descriptor, else of the device's own, else the common one. Of the profile
    hold `aim`, `prefix`, `suffix`, `max_len` and `gap_ms`, which is the longest pause between reports of one code; its
    terminators and its framing do not, because the length decides.
    """

    def __init__(self, profile: Profile, device: str, descriptor: bytes = b"") -> None:
        self._form = _form(bytes.fromhex(profile.report_descriptor) or descriptor, device)
        # ETX is never given to the framer. What matters is that a pause must not complete a code.
        self._framer = Framer(replace(profile, framing=Framing.LINE, terminators=(Terminator.ETX,)), device)

    @property
    def deadline(self) -> float | None:
        """When silence alone will mean something: the rest of a code did not come."""
        return self._framer.deadline

    def feed(self, t: float, report: bytes) -> list[Event]:
        """Take one input report that arrived at `t`."""
        form = self._form
        found = self._framer.touch(t)
        if form.report is not None and report[:1] != bytes([form.report]):
            known = report[:1] != b"" and report[0] in form.others
            if known and not self._framer.open:
                return found  # a trigger, a battery: no code
            return found + self._strange(t)
        if len(report) != form.size:
            return found + self._strange(t)
        return found + self._code(report, t)

    def tick(self, t: float) -> list[Event]:
        """Take notice that it is `t` and that nothing came before."""
        return self._framer.tick(t)

    def ahead(self) -> Scan | None:
        """Nothing: a report is there at once, so there is nothing to know before it."""
        return None

    def lost(self, t: float) -> list[Event]:
        """Take notice that the device is gone."""
        return self._framer.lost(t)

    def _strange(self, t: float) -> list[Event]:
        """Take a report of which nobody knows what it was: of a code under way the rest is passed over."""
        if self._framer.open:
            return self._framer.reject(ErrorKind.OVERRUN, t)
        return self._framer.doubt(ErrorKind.OVERRUN, t)

    def _code(self, report: bytes, t: float) -> list[Event]:
        form = self._form
        identifier = _identifier(form, report)
        continued = form.continued is not None and _bits(report, form.continued, 1) == 1
        length = _bits(report, *form.count)
        data = _data(form, report, length, identifier)
        if data is None or (continued and not data):  # continued without data could go on for ever
            refuse = self._framer.reject if continued else self._framer.doubt  # whether more comes it may not know
            return refuse(ErrorKind.OVERRUN, t)
        found = []
        if self._framer.open and identifier not in ("", self._framer.identifier):
            found = self._framer.doubt(ErrorKind.OVERRUN, t)  # this is of another code: the rest of the first is lost
        if not self._framer.open:
            self._framer.identifier = identifier
        if data:
            found += self._framer.add(data.decode("latin-1"), t)
        return found if continued else found + self._framer.end(t)


def _form(descriptor: bytes, device: str) -> Form:
    form = form_of(descriptor)
    if descriptor and form is None:
        logger.warning("scanner %s: its report descriptor is of no use, the common form is assumed", device)
    return form or COMMON


def _identifier(form: Form, report: bytes) -> str:
    """Return the AIM identifier of the report; empty: this scanner sends none."""
    text = bytes(report[place] for place in form.identifier).decode("latin-1")
    return text if aim.split(text) == (text, "") else ""


def _data(form: Form, report: bytes, length: int, identifier: str) -> bytes | None:
    """Return the data; None: the length is not that of this report."""
    place = form.data
    if form.without_identifier is not None and not identifier and any(report[at] for at in form.identifier):
        # No descriptor says so, but where the identifier should be is something else: the data itself, if behind the
        # length nothing follows.
        place = form.without_identifier
        if any(report[place][length:]):
            return None
    field = report[place]
    return field[:length] if length <= len(field) else None


def _bits(report: bytes, offset: int, count: int) -> int:
    return int.from_bytes(report, "little") >> offset & (1 << count) - 1
