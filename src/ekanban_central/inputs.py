"""What programs may send about master data. Apart from the tables, because SQLModel's tables do not validate."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ekanban_core.addresses import is_web_address
from ekanban_core.card_code import ALPHABET, BODY
from ekanban_core.states import Closing, LocationKind, LoopKind, OutOfSequence, SignalState

MIDDLE_STATES = (SignalState.ACKNOWLEDGED, SignalState.IN_PROCESS, SignalState.READY, SignalState.IN_TRANSIT)
MOST_CARDS = 1_000  # in one call
BODY_PATTERN = rf"^[{ALPHABET}]{{{BODY}}}$"
NOT_BLANK = "[^ ]"  # of what `plain` lets pass, the blank alone is stripped
YEAR_S = 366 * 86_400


def plain(text: str) -> str:
    """Names are one printable line: NUL and lone surrogates cannot be stored by PostgreSQL, line ends break lists."""
    bad = next((character for character in text if not character.isprintable()), None)
    if bad is not None:
        raise ValueError(f"expected printable characters, got {bad!a}")
    return text.strip()


def _storable(text: str) -> str:
    """What is only asked for, and notes of several lines: anything that a database can be asked and told."""
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("expected text without NUL and surrogates")
    return text


Asked = Annotated[str, AfterValidator(_storable)]
# A card by its code as scanners read it or people type it, by the code's first eight characters, or by a foreign code
Code = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
Yes = Annotated[bool, Field(strict=True)]  # neither 1 nor "yes"
Line = Annotated[str, Field(max_length=200), AfterValidator(plain)]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=NOT_BLANK), AfterValidator(plain)]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f'expected an IANA name such as "Europe/Berlin", got {name[:60]!a}') from error
    return name


ZoneName = Annotated[str, Field(max_length=60), AfterValidator(_zone)]


def _address(text: str) -> str:
    """An address that codes on cards begin with; anything else in it would be printed on every card."""
    if text and not is_web_address(text):
        raise ValueError(f"expected an address as in https://kanban.plant.example, got {text[:60]!a}")
    return text.rstrip("/")


BaseUrl = Annotated[str, Field(max_length=200), AfterValidator(plain), AfterValidator(_address)]


class Input(BaseModel):
    """Base: a misspelt key is an error, not a default taken in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NewSite(Input):
    """A plant."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,19}$")]
    name: Name
    time_zone: ZoneName = "UTC"
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"


class NewPart(Input):
    """What is replenished."""

    number: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(plain)]
    description: Line = ""
    unit: Annotated[str, Field(min_length=1, max_length=10, pattern=NOT_BLANK), AfterValidator(plain)] = "pcs"
    revision: Annotated[str, Field(max_length=20), AfterValidator(plain)] = ""


class NewLocation(Input):
    """A source or a destination."""

    name: Name
    kind: LocationKind


class NewLoop(Input):
    """One part circulating between one source and one destination; they are named by number and names."""

    part: Asked
    source: Asked
    destination: Asked
    bin: Annotated[str, Field(max_length=40), AfterValidator(plain)] = ""
    kind: LoopKind
    quantity: Annotated[int, Field(strict=True, ge=1, lt=2**31)]  # per container
    container: Annotated[str, Field(max_length=40), AfterValidator(plain)] = ""
    lead_time_s: Annotated[int, Field(strict=True, ge=1, le=YEAR_S)]
    min_cycle_s: Annotated[int, Field(strict=True, ge=0, le=YEAR_S)] = 0
    closing: Closing = Closing.TWO_SCAN
    states: list[SignalState] = []  # middle states in use
    holds_back: Yes = False
    out_of_sequence: OutOfSequence = OutOfSequence.WARN
    supplier_part: Annotated[str, Field(max_length=60), AfterValidator(plain)] = ""
    remark: Line = ""
    layout: Annotated[str, Field(max_length=40), AfterValidator(plain)] = ""

    @model_validator(mode="after")
    def _fits_together(self) -> NewLoop:
        strange = [state for state in self.states if state not in MIDDLE_STATES]
        if strange:
            raise ValueError(f"states: expected some of {', '.join(MIDDLE_STATES)}, got {strange[0]}")
        if self.source == self.destination:
            raise ValueError("destination: expected another location than the source")
        return self


class NewCards(Input):
    """Cards of one loop: `count` of them with random codes, or one with the body that its paper carries already."""

    count: Annotated[int, Field(strict=True, ge=1, le=MOST_CARDS)] = 1
    body: Annotated[str, Field(pattern=BODY_PATTERN)] | None = None
    printed: Yes = False  # the first print exists and is in use
    one_off: Yes = False  # it serves one cycle
    reason: Line = ""  # why, for the ledger: mostly of a one-off card

    @model_validator(mode="after")
    def _one_body_is_one_card(self) -> NewCards:
        if self.body is not None and self.count != 1:
            raise ValueError(f"count: expected 1 with a given body, got {self.count}")
        return self


class PartChange(Input):
    """What may be changed of a part; what is left out stays."""

    description: Line | None = None
    unit: Annotated[str, Field(min_length=1, max_length=10), AfterValidator(plain)] | None = None
    revision: Annotated[str, Field(max_length=20), AfterValidator(plain)] | None = None


class LocationChange(Input):
    """What may be changed of a location; what is left out stays."""

    name: Name | None = None
    kind: LocationKind | None = None


class LoopChange(Input):
    """What may be changed of a loop; what is left out stays. Another quantity makes all its prints stale."""

    quantity: Annotated[int, Field(strict=True, ge=1, lt=2**31)] | None = None
    container: Annotated[str, Field(max_length=40), AfterValidator(plain)] | None = None
    lead_time_s: Annotated[int, Field(strict=True, ge=1, le=YEAR_S)] | None = None
    min_cycle_s: Annotated[int, Field(strict=True, ge=0, le=YEAR_S)] | None = None
    closing: Closing | None = None
    holds_back: Yes | None = None
    out_of_sequence: OutOfSequence | None = None
    supplier_part: Annotated[str, Field(max_length=60), AfterValidator(plain)] | None = None
    remark: Line | None = None
    layout: Annotated[str, Field(max_length=40), AfterValidator(plain)] | None = None


class SiteChange(Input):
    """What may be changed of a plant; what is left out stays."""

    name: Name | None = None
    time_zone: ZoneName | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] | None = None
    base_url: BaseUrl | None = None
    owner: Line | None = None
