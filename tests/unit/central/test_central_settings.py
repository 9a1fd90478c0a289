"""Central's settings name every wrong key."""

from __future__ import annotations

from pathlib import Path

import pytest

from ekanban_central.settings import BadSettings, load


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "central.toml"


def test_defaults_need_no_file() -> None:
    settings = load(environ={})

    assert settings.url == "sqlite:////var/lib/ekanban/central/central.db"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_the_environment_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(
        'port = 9000\nbase_url = "http://central.example"\n[site]\nname = "Nord"\ntime_zone = "Asia/Tokyo"\n'
    )
    monkeypatch.setenv("EKANBAN_CENTRAL__PORT", "9001")
    monkeypatch.setenv("EKANBAN_CENTRAL__SITE__NAME", "Süd")

    settings = load(file)

    assert settings.port == 9001
    assert (settings.site.name, settings.site.time_zone) == ("Süd", "Asia/Tokyo")


def test_another_database_is_one_setting(file: Path) -> None:
    file.write_text('database_url = "postgresql+psycopg://ekanban@db/ekanban"\n')

    assert load(file, {}).url == "postgresql+psycopg://ekanban@db/ekanban"


def test_every_wrong_key_is_named(file: Path) -> None:
    file.write_text(
        'prot = 1\nport = 99999\nbase_url = "central"\n[site]\ntime_zone = "Europe/Berln"\ncolour = "red"\n'
    )

    with pytest.raises(BadSettings) as wrong:
        load(file, {"EKANBAN_CENTRAL__DATABSE_URL": "x"})

    lines = str(wrong.value).splitlines()
    assert len(lines) == 6
    for name in ("prot", "port", "base_url", "site.time_zone", "site.colour", "EKANBAN_CENTRAL__DATABSE_URL"):
        assert any(line.startswith(f"{name}:") for line in lines), lines
    assert any("Europe/Berln" in line for line in lines)


@pytest.mark.parametrize(("content", "says"), [(b"port = ", "central.toml"), (b"\xff", "central.toml")])
def test_a_file_that_is_no_toml_is_said_to_be_none(file: Path, content: bytes, says: str) -> None:
    file.write_bytes(content)

    with pytest.raises(BadSettings, match=says):
        load(file, {})


def test_a_file_that_was_named_must_be_there(file: Path) -> None:
    with pytest.raises(BadSettings, match="no such file"):
        load(file, {})


def test_the_databases_address_comes_from_systemds_credential_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "central.toml"
    file.write_text('database_url = "sqlite:///of-the-file.db"\n', encoding="utf-8")
    (tmp_path / "ekanban-central.database_url").write_text("postgresql+psycopg://a:secret@db/a\n", encoding="utf-8")

    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert load(file).url == "postgresql+psycopg://a:secret@db/a"
    monkeypatch.setenv("EKANBAN_CENTRAL__DATABASE_URL", "sqlite:///of-the-environment.db")
    assert load(file).url == "sqlite:///of-the-environment.db"


def test_without_a_credential_the_file_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "central.toml"
    file.write_text('database_url = "sqlite:///of-the-file.db"\n', encoding="utf-8")

    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert load(file).url == "sqlite:///of-the-file.db"
