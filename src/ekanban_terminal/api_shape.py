"""The shapes of the local API, for its OpenAPI description only: requests and answers are plain JSON there."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from ekanban_core import refusals
from ekanban_core.refusals import BODY, REFERENCE, json_body
from ekanban_core.states import Colour, Intent, Outcome
from ekanban_core.wire import SignalBrief
from ekanban_terminal.printing.jobs import State
from ekanban_terminal.state import Alarm, CentralState, PrinterShown, ScannerShown


class ScanWish(BaseModel):
    """A code as it stands on the card; the intent is the station's unless it is named."""

    code: Annotated[str, Field(min_length=1)]
    intent: Intent | None = None


class Which(BaseModel):
    """A scan of this terminal's journal."""

    id: str


class SignalShown(SignalBrief):
    """An open signal; its times are RFC 3339 too."""

    opened: str
    due: str


class ScanShown(BaseModel):
    """What became of a scan. `pending`: it is stored here, and central has not answered yet."""

    id: str
    outcome: Outcome
    message: str
    card: str | None
    signal: SignalShown | None
    pending: bool
    colour: Colour
    code: str
    intent: Intent


class CentralSaid(BaseModel):
    """Central's answer, once it came."""

    outcome: Outcome
    message: str


class KeptShown(ScanShown):
    """A scan of the journal; `raw` is base64."""

    state: str
    at: str
    part: str
    raw: str
    central: CentralSaid | None


class KeptList(BaseModel):
    """All of them; there is never a next page."""

    items: list[KeptShown]
    next: None


class CentralStatus(BaseModel):
    """How things stand with central."""

    state: CentralState
    since: str
    url: str | None


class JournalStatus(BaseModel):
    """The journal: how many scans wait, were sent again, could not be taken, were refused unseen; its limit."""

    stored: int
    sent_again: int
    dead: int
    refused: int
    limit: int
    problem: str | None


class RegisterStatus(BaseModel):
    """What is known offline."""

    loaded: bool
    position: int | None
    problem: str | None


class NewestPrint(BaseModel):
    """The print that the kiosk shows."""

    id: str
    state: State


class PrintStatus(BaseModel):
    """Printing: the terminal's own printer, the newest print, how many are in doubt, why none can be written down."""

    printer: PrinterShown | None
    newest: NewestPrint | None
    in_doubt: int
    problem: str | None


class StatusOut(BaseModel):
    """How everything stands."""

    release: str
    name: str
    does: str  # for people
    plant: str
    terminal: str | None
    central: CentralStatus
    journal: JournalStatus
    register_: Annotated[RegisterStatus, Field(alias="register")]
    scanners: list[ScannerShown]
    printer: PrintStatus
    alarms: list[Alarm]
    last: ScanShown | None


class Health(BaseModel):
    """Whether scans can be taken."""

    ok: bool
    journal: str | None
    ended: list[str]


class Readiness(BaseModel):
    """Whether the next scan will be stored, and what stops it."""

    ok: bool
    alarms: list[str]


Responses = dict[int | str, dict[str, Any]]


def answers(model: type[BaseModel], *statuses: int) -> Responses:
    """Declare what a route answers, with 200 and perhaps other statuses."""
    return {status: {"model": model} for status in (200, *statuses)}


def takes(model: type[BaseModel] | None) -> dict[str, Any]:
    """Declare a route's body; None: it is not read."""
    schema = model.model_json_schema(ref_template=REFERENCE) if model else {}
    return json_body(schema, required=model is not None)


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` tell all refusals."""
    refusals.describe(app, _by_shape)


def _by_shape(operation: refusals.Operation) -> list[int]:
    """The gate's refusals: another machine without a token, another origin, another name; and the journal's."""
    return [401, 421, *([403, 503, *BODY] if operation["method"] != "get" else [])]
