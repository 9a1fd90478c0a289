"""Central's settings: a TOML file, and the environment, which wins over it.

BadSettings  names every wrong key, one a line
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ekanban_core.errors import EkanbanError

DEFAULT_FILE = Path("/etc/ekanban/central.toml")
PREFIX = "EKANBAN_CENTRAL__"
CREDENTIAL = "ekanban-central.database_url"  # systemd's: a file that only this service reads


class BadSettings(EkanbanError):
    """The settings are wrong; one line for each wrong key."""


class SiteSettings(BaseModel):
    """The plant that the first start creates; later changes are made at central itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    code: Annotated[str, Field(min_length=1, max_length=20)] = "plant"
    name: Annotated[str, Field(min_length=1)] = "Plant"
    time_zone: str = "UTC"  # IANA name

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f'expected an IANA name such as "Europe/Berlin", got "{value}"') from error
        return value


class CentralSettings(BaseSettings):
    """What an administrator sets for the replenishment service."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)
    data: Path = Path("/var/lib/ekanban/central")  # the database and central's key
    database_url: str | None = None  # default: SQLite in `data`; else postgresql+psycopg://…
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    base_url: Annotated[str, Field(pattern=r"^https?://[^/]")] = "http://127.0.0.1:8000"  # as phones reach it
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    site: SiteSettings = SiteSettings()
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"  # auto: text on a screen, else JSON
    body_limit: Annotated[int, Field(ge=65_536)] = 16 * 1024 * 1024  # bytes of one batch of scans
    import_limit: Annotated[int, Field(ge=65_536)] = 512 * 1024 * 1024  # bytes of one file that people import
    connections: Annotated[int, Field(ge=64)] = 4096  # at a time; each live page holds one

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over systemd's credential, that over the file."""
        secret = InitSettingsSource(settings_cls, _credentials(os.environ))
        return init_settings, env_settings, secret, TomlConfigSettingsSource(settings_cls)

    @property
    def url(self) -> str:
        """The database's URL, for SQLAlchemy."""
        return self.database_url or f"sqlite:///{self.data / 'central.db'}"


def load(config: Path | None = None, environ: Mapping[str, str] = os.environ) -> CentralSettings:
    """Read the file (the default one only when it exists) and the environment. Raises BadSettings."""
    path = config or DEFAULT_FILE
    if config is not None and not config.is_file():
        raise BadSettings(f"{config}: there is no such file")
    unknown = _unknown_variables(environ)

    class _FromFile(CentralSettings, toml_file=path):
        pass

    try:
        settings = _FromFile()
    except ValidationError as error:
        raise BadSettings("\n".join([*(_line(wrong) for wrong in error.errors()), *unknown])) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadSettings(f"{path}: {error}") from error
    if unknown:
        raise BadSettings("\n".join(unknown))
    return settings


def _credentials(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read what systemd has laid out for this service (LoadCredential=), nothing where it has not."""
    file = Path(environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"), CREDENTIAL)
    return {"database_url": file.read_text(encoding="utf-8").strip()} if file.is_file() else {}


def _line(error: Any) -> str:
    where = ".".join(str(step) for step in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where}: there is no such setting"
    return f"{where}: {str(error['msg']).removeprefix('Value error, ')}"


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Name variables that would be passed over in silence: a misspelt one must not be taken for the default."""
    known = {name.upper() for name in CentralSettings.model_fields}
    known |= {f"SITE__{name.upper()}" for name in SiteSettings.model_fields}
    return [
        f"{name}: there is no such setting"
        for name in sorted(environ)
        if name.upper().startswith(PREFIX) and name.upper().removeprefix(PREFIX) not in known
    ]
