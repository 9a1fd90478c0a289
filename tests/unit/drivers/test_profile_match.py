"""Which profile a scanner gets for which the configuration names none: one test for each family."""

from __future__ import annotations

from collections import Counter

import pytest

from ekanban_drivers import registry
from ekanban_drivers.errors import BadProfile
from ekanban_drivers.profile import DeviceFeedback, Profile, load, shipped
from ekanban_drivers.profile_match import checked, fitting, matches


@pytest.mark.parametrize(
    ("driver", "vendor", "profile", "feedback"),
    [
        ("serial", 0x05E0, "zebra-serial", "bel"),
        ("serial", 0x0C2E, "honeywell-serial", "honeywell"),
        ("serial", 0x0536, "honeywell-serial", "honeywell"),
        ("serial", 0x05F9, "datalogic-serial", "datalogic"),
        ("serial", 0x080C, "datalogic-serial", "datalogic"),
        ("serial", 0x0403, "serial", "bel"),  # a converter tells nothing of what is behind it
        ("serial", None, "serial", "bel"),
        ("evdev", 0x05E0, "keyboard", "driver"),  # the class decides: no Zebra beeps by SSI as a keyboard
        ("hidpos", 0x0C2E, "hidpos", "none"),
        ("tcp", None, "fixed-mount", "none"),
    ],
)
def test_the_class_decides_and_the_maker_chooses_within_it(
    driver: str, vendor: int | None, profile: str, feedback: str
) -> None:
    assert fitting(driver, vendor, 0x1200) == profile
    assert load(profile).feedback is DeviceFeedback(feedback)


def test_drivers_that_no_profile_names_have_none() -> None:
    assert fitting("simulated") is None


def test_a_keyboard_without_a_profile_is_read_as_before() -> None:
    assert load("keyboard") == Profile()


def test_no_two_profiles_are_for_the_same_devices() -> None:
    named = Counter((one.driver, vendor) for one in matches() for vendor in one.vendor or [None])

    assert max(named.values()) == 1
    assert {one.driver for one in matches()} <= set(registry.OWN)
    assert len(matches()) >= 7


def test_ssi_is_only_spoken_where_the_configuration_says_so() -> None:
    matched = {one.profile for one in matches()}

    assert [name for name in shipped() if load(name).feedback is DeviceFeedback.SSI] == ["zebra-ssi"]
    assert "zebra-ssi" not in matched


def test_the_closest_match_counts() -> None:
    close = checked("one", {"driver": "serial", "vendor": [1], "product": [2]})

    assert close.fits("serial", 1, 2)
    assert not close.fits("serial", 1, 3)
    assert not close.fits("evdev", 1, 2)
    assert close.closeness > checked("two", {"driver": "serial", "vendor": [1]}).closeness


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"drivr": "serial"}, "x: match.drivr: unknown key"),
        ({"vendor": [1]}, "x: match.driver: expected a text, got None"),
        ({"driver": "serial", "vendor": 1}, "x: match.vendor: expected a list of numbers"),
        ({"driver": "serial", "product": [65536]}, "x: match.product: expected a list of numbers"),
    ],
)
def test_a_wrong_match_is_named(table: dict[str, object], said: str) -> None:
    with pytest.raises(BadProfile) as error:
        checked("x", table)

    assert said in str(error.value)


def test_every_shipped_profile_says_what_it_is_for() -> None:
    import tomllib
    from importlib.resources import files

    for name in shipped():
        table = tomllib.loads((files("ekanban_drivers") / "profiles" / f"{name}.toml").read_text())
        assert len(table["description"]) > 20, name
