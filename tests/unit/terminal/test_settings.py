"""Settings: the file, the environment that wins over it, and wrong keys, each by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ekanban_core.states import Intent
from ekanban_terminal import settings
from ekanban_terminal.settings import BadSettings, TerminalSettings, load


@pytest.fixture(autouse=True)
def _no_file_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DEFAULT_FILE", tmp_path / "absent.toml")


def _file(folder: Path, text: str) -> Path:
    path = folder / "terminal.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_hold() -> None:
    found = load(environ={})

    assert (found.host, found.port, found.window_s, found.intent) == ("127.0.0.1", 8001, 1.0, Intent.EMPTY)
    assert found.limits.kept_days == 35


def test_scanners_and_limits_come_from_the_file(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        """
        name = "Line 4"
        [limits]
        stored = 500
        [[scanners]]
        name = "hand"
        driver = "evdev"
        device = "0c2e:0b61"
        [[scanners]]
        name = "gate"
        driver = "serial"
        intent = "receive"
        """,
    )

    found = load(path, environ={})

    assert (found.name, found.limits.stored) == ("Line 4", 500)
    assert [(one.name, one.intent) for one in found.scanners] == [("hand", None), ("gate", Intent.RECEIVE)]


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKANBAN_TERMINAL__PORT", "9001")
    monkeypatch.setenv("EKANBAN_TERMINAL__LIMITS__STORED", "77")

    found = load(_file(tmp_path, 'name = "Line 4"\nport = 9000\n'), environ={})

    assert (found.port, found.limits.stored, found.name) == (9001, 77, "Line 4")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "prot: there is no such setting"),
        ("[limits]\nstroed = 1", "limits.stroed: there is no such setting"),
        ('port = "many"', "port: "),
        ("port = 70000", "port: "),
        ('central = "central.plant"', "central: expected an address that begins with http:// or https://"),
        ('[[scanners]]\nname = "hand"', "scanners.0.driver: "),
        (
            '[[scanners]]\nname = "a"\ndriver = "stdin"\n[[scanners]]\nname = "a"\ndriver = "stdin"',
            "expected different names, got a twice",
        ),
        ('intent = "undo"', "intent: "),
        ("port = ", "Invalid value"),
        ('host = "0.0.0.0"', "this needs token and tls as well"),
        ('host = "192.168.1.7"\ntoken = "secret"', "this needs tls as well"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = _file(tmp_path, text)

    with pytest.raises(BadSettings) as raised:
        load(path, environ={})

    assert said in str(raised.value)
    assert str(path) in str(raised.value)


def test_every_wrong_key_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as raised:
        load(_file(tmp_path, 'prot = 1\nport = "many"\nwindow_s = -1\n'), environ={"EKANBAN_TERMINAL__FOO": "1"})

    assert len(str(raised.value).splitlines()) == 4
    assert "EKANBAN_TERMINAL__FOO: there is no such setting" in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="there is no such file"):
        load(tmp_path / "nowhere.toml", environ={})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_this_machine_alone_needs_no_token(host: str) -> None:
    assert TerminalSettings(host=host).host == host
