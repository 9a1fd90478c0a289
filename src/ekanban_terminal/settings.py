"""The terminal's settings: /etc/ekanban/terminal.toml, and EKANBAN_TERMINAL__… of the environment, which wins."""

from __future__ import annotations

import os
import socket
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ekanban_core.errors import EkanbanError
from ekanban_core.states import Intent

DEFAULT_FILE = Path("/etc/ekanban/terminal.toml")
PREFIX = "EKANBAN_TERMINAL__"


class BadSettings(EkanbanError):
    """The settings are wrong; one line for each wrong key."""


class Section(BaseModel):
    """Base of the tables in the file: unknown keys are wrong keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ScannerSettings(Section):
    """One scanner. `device` says which one, in the driver's own words; empty: whatever the driver finds."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    driver: Annotated[str, Field(min_length=1)]
    device: str = ""
    profile: str = ""
    intent: Intent | None = None  # what its scans mean; else the station's


class Limits(Section):
    """Where the terminal stops and says so, before anything is shown green."""

    stored: Annotated[int, Field(ge=10)] = 100_000  # scans that wait to be sent
    free_mb: Annotated[int, Field(ge=0)] = 64  # free disk that must remain, 10^6 bytes
    kept_days: Annotated[int, Field(ge=1)] = 35  # how long scans stay here after central has them
    body_kb: Annotated[int, Field(ge=1)] = 64  # largest request to the local API, 1024 bytes
    connections: Annotated[int, Field(ge=16)] = 256  # to the local page and API, at a time


class Tls(Section):
    """Certificate and key of the local page and API; both or none."""

    certificate: Path
    key: Path


class PrinterSettings(Section):
    """The printer beside the terminal. Only this file names its address: no request does."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    way: Literal["ipp", "cups", "raw", "file"]
    address: Annotated[str, Field(min_length=1)]
    dialect: Literal["zpl", "pdf"] = "zpl"
    dpi: Literal[203, 300, 600] = 203
    media: str = ""  # PWG name, for IPP and CUPS; empty: the printer's own
    layout: str = ""  # of every card here; empty: the one that central names, else a7
    answers_status: bool = True  # False: it never answers ~HS, and a person is asked whether the card came out
    fingerprint: str = ""  # SHA-256 of the certificate of an ipps:// printer
    offset_x: Annotated[float, Field(ge=-50, le=50)] = 0.0  # millimetres to the right
    offset_y: Annotated[float, Field(ge=-50, le=50)] = 0.0  # and down
    scale_x: Annotated[float, Field(ge=0.9, le=1.1)] = 1.0  # for one that prints too small or too large
    scale_y: Annotated[float, Field(ge=0.9, le=1.1)] = 1.0
    inset: Annotated[float, Field(ge=0, le=0.5)] = 0.25  # dots by which bars are narrower in PDF


class TerminalSettings(Section):
    """Everything that a plant may set at a terminal."""

    data: Path = Path("/var/lib/ekanban/terminal")
    name: Annotated[str, Field(min_length=1, max_length=80)] = Field(default_factory=lambda: socket.gethostname()[:80])
    central: str = ""  # base URL; empty: the one it was enrolled at
    central_certificate: Path | None = None  # file with the one authority or certificate that central's TLS must show
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8001
    hosts: list[str] = []  # further names under which this terminal's page may be opened
    language: str = ""  # of the kiosk page; empty: the plant's
    time_zone: str = ""  # IANA name; empty: the plant's
    intent: Intent = Intent.EMPTY  # what a scan means at this station
    does: str = ""  # what this station does, in the plant's words; empty: told from `intent`
    window_s: Annotated[float, Field(ge=0, le=60)] = 1.0  # the same card again within it is a double read
    scanners: list[ScannerSettings] = []
    printer: PrinterSettings | None = None
    place: str = ""  # the destination whose bins stand here; empty: the station's name, if cards go there, else all
    limits: Limits = Limits()
    token: str = ""  # asked of everyone who comes from another machine
    tls: Tls | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"  # auto: text on a screen, else JSON

    @field_validator("central")
    @classmethod
    def _is_a_web_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("expected an address that begins with http:// or https://")
        return value.rstrip("/")

    @field_validator("intent")
    @classmethod
    def _is_not_undo(cls, value: Intent) -> Intent:
        if value is Intent.UNDO:
            raise ValueError("a station whose every scan takes something back makes no sense")
        return value

    @model_validator(mode="after")
    def _scanner_names_differ(self) -> TerminalSettings:
        names = [scanner.name for scanner in self.scanners]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"scanners: expected different names, got {', '.join(twice)} twice")
        return self

    @model_validator(mode="after")
    def _is_not_open_to_the_network(self) -> TerminalSettings:
        if is_loopback(self.host):
            return self
        missing = [name for name, value in (("token", self.token), ("tls", self.tls)) if not value]
        if missing:
            raise ValueError(
                f"host: {self.host} is reachable from other machines; this needs {' and '.join(missing)} as well"
                ' (or host = "127.0.0.1")'
            )
        return self


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def load(config: Path | None = None, environ: Mapping[str, str] = os.environ) -> TerminalSettings:
    """Read the file (the default one only when it exists) and the environment. Raises BadSettings, one line a key."""
    path = config or DEFAULT_FILE
    if config is not None and not config.is_file():
        raise BadSettings(f"{config}: there is no such file")
    unknown = _unknown_variables(environ)
    try:
        settings = _read(path)
    except ValidationError as error:
        lines = [f"{path}: {_line(wrong)}" for wrong in error.errors()]
        raise BadSettings("\n".join([*lines, *unknown])) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadSettings(f"{path}: {error}") from error
    if unknown:
        raise BadSettings("\n".join(unknown))
    return settings


def _read(path: Path) -> TerminalSettings:
    """From the file, over which the environment wins."""
    from pydantic_settings import BaseSettings, SettingsConfigDict, TomlConfigSettingsSource  # 7 MB, for this only

    class FromFile(TerminalSettings, BaseSettings):
        model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], init_settings: Any, env_settings: Any, *_others: Any, **_more: Any
        ) -> tuple[Any, ...]:
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path)

    return TerminalSettings.model_construct(**dict(FromFile()))


def _line(error: Any) -> str:
    where = ".".join(str(step) for step in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where}: there is no such setting"
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Name variables that look like settings and are none: pydantic-settings passes over them in silence."""
    known = {name.upper() for name in TerminalSettings.model_fields}
    return [
        f"{name}: there is no such setting"
        for name in sorted(environ)
        if name.upper().startswith(PREFIX) and name.upper().removeprefix(PREFIX).split("__")[0] not in known
    ]
