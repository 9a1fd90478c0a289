"""Scanners on a real kernel, read by the installed service under its unit: codes, grabs, replugs, kills."""

from __future__ import annotations

import time

import pytest

from hardware.line import Line
from hardware.product import UNIT
from hardware.usb import KeyboardScanner

pytestmark = [pytest.mark.heavy, pytest.mark.needs("qemu", "socat"), pytest.mark.timeout(900)]

WIRE_S = 1.0  # until the guest has read what was sent: nothing tells when
SCANNERS = ("keyboard", "serial", "pos")
PLAIN = "/dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard_KEYB0002-event-kbd"


@pytest.fixture(autouse=True)
def ready(line: Line) -> None:
    """Whatever the test before did, all is well when the next begins."""
    line.terminal.until(line.is_ready, "scanners ready, central online")


@pytest.mark.parametrize("name", SCANNERS)
def test_a_code_is_ordered_at_central_exactly_once(line: Line, name: str) -> None:
    code = next(line.cards)
    before = line.outcomes()

    line.scanners[name].scan(code)

    line.terminal.until(lambda: code in line.open_cards(), "the signal is open")
    line.terminal.until(lambda: line.terminal.status()["journal"]["stored"] == 0, "nothing waits")
    assert line.open_cards().count(code) == 1
    assert line.outcomes() == {**before, "opened": before.get("opened", 0) + 1}


@pytest.mark.parametrize("name", SCANNERS)
def test_a_code_cut_by_an_unplug_is_an_error_and_the_next_is_whole_at_another_port(line: Line, name: str) -> None:
    cut, code = next(line.cards), next(line.cards)
    scanner, port = line.scanners[name], SCANNERS.index(name) + 5
    before = line.newest()
    scanner.begin(cut)
    time.sleep(WIRE_S)

    scanner.unplug()

    line.terminal.until(lambda: line.newest() > before, "the cut code is stored")
    (error,) = line.guest.do("journal", after=before)
    assert error["outcome"] == "unreadable"
    assert "went away in the middle" in error["message"]
    line.terminal.until(lambda: line.terminal.scanners()[name] == "absent", "the terminal sees it gone")
    scanner.plug(port)
    line.terminal.until(lambda: line.terminal.scanners()[name] == "ready", "it is found by its serial number")
    scanner.scan(code)
    line.terminal.until(lambda: code in line.open_cards(), "the next is ordered")
    assert cut not in line.open_cards()


def test_a_second_program_cannot_have_the_scanners(line: Line) -> None:
    assert line.guest.do("grab", path=line.node("keyboard")) == "EBUSY"
    assert line.guest.do("open_as_member", path=line.node("serial")) == "EBUSY"


def test_what_a_scanner_types_does_not_reach_the_login_prompt(line: Line) -> None:
    code = next(line.cards)
    login_prompt(line)

    line.scanners["keyboard"].scan(code)

    line.terminal.until(lambda: code in line.open_cards(), "it is ordered")
    assert code not in line.guest.do("read_screen")


def test_all_this_is_the_terminals_doing(line: Line) -> None:
    login_prompt(line)
    line.terminal.stop()

    line.scanners["keyboard"].scan("LEAKS")

    line.terminal.until(lambda: "LEAKS" in line.guest.do("read_screen"), "the login prompt has it")
    assert line.guest.do("grab", path=line.node("keyboard")) == ""
    assert line.guest.do("open_as_member", path=line.node("serial")) == ""
    line.terminal.start()


def login_prompt(line: Line) -> None:
    """Have an empty one on the guest's screen."""
    line.guest.shell("systemctl restart getty@tty1")
    line.terminal.until(lambda: "login:" in line.guest.do("read_screen"), "a login prompt")


def test_the_service_reads_scanners_as_an_account_that_is_not_root(line: Line) -> None:
    process = line.terminal.shown("MainPID")["MainPID"]

    ids = line.guest.shell(f"grep -E '^(Uid|CapEff):' /proc/{process}/status").split()

    assert "0" not in ids[1:5]
    assert int(ids[-1], 16) == 0  # no capability of root's either


@pytest.mark.parametrize("node", ["/dev/vda", "/dev/tty1", "/dev/uhid"])
def test_the_unit_denies_devices_that_are_no_scanners_even_to_root(line: Line, node: str) -> None:
    keyboard = line.node("keyboard")

    assert line.guest.do("open_under", unit=UNIT, path=node) == "EPERM"

    assert line.guest.do("open_under", unit=UNIT, path=keyboard) == ""


def test_a_killed_service_comes_back_by_itself_and_reads_on(line: Line) -> None:
    before, after = next(line.cards), next(line.cards)
    restarts = line.restarts()
    line.scanners["serial"].scan(before)
    line.terminal.until(lambda: before in line.open_cards(), "the first is ordered")

    line.guest.shell(f"systemctl kill --kill-whom=main --signal=KILL {UNIT}")

    line.terminal.until(lambda: line.restarts() == restarts + 1, "systemd has started it again")
    line.terminal.until(line.is_ready, "the terminal is back")
    line.scanners["keyboard"].scan(after)
    line.terminal.until(lambda: after in line.open_cards(), "the next is ordered")
    assert line.open_cards().count(before) == 1


def test_a_hanging_service_is_restarted_by_the_watchdog_and_loses_no_scan(line: Line) -> None:
    line.offline()
    before, after = next(line.cards), next(line.cards)
    line.scanners["serial"].scan(before)
    line.terminal.until(lambda: line.terminal.status()["journal"]["stored"] == 1, "the scan waits here")
    restarts = line.restarts()

    line.guest.shell(f"systemctl kill --kill-whom=main --signal=STOP {UNIT}")

    line.terminal.until(lambda: line.restarts() == restarts + 1, "the watchdog has found out")
    assert "watchdog" in line.guest.shell(f"journalctl -u {UNIT} -o cat --no-pager | grep -i watchdog | tail -1")
    line.online()
    line.terminal.until(line.is_ready, "the terminal is back")
    line.scanners["keyboard"].scan(after)
    line.terminal.until(lambda: {before, after} <= set(line.open_cards()), "both are ordered")


@pytest.mark.parametrize("name", ["keyboard", "pos"])
def test_udev_gives_a_scanner_to_the_terminal_and_keeps_it_from_desktops(line: Line, name: str) -> None:
    found = line.node(name)

    said = line.guest.shell(f"udevadm info --query=property {found}").splitlines()

    assert "EKANBAN_SCANNER=1" in said
    assert name != "keyboard" or "LIBINPUT_IGNORE_DEVICE=1" in said
    assert not [word for word in said if "uaccess" in word or ":seat:" in word]
    assert line.guest.shell(f"stat -c '%G %a' {found}") == "ekanban-scanner 660"


def test_a_keyboard_that_nobody_called_a_scanner_stays_a_keyboard(line: Line) -> None:
    plain = KeyboardScanner(line.guest, "KEYB0002", name="plain")

    plain.plug(4)

    node = line.guest.do("wait_for", path=PLAIN)
    said = line.guest.shell(f"udevadm settle; udevadm info --query=property {node}")
    owner = line.guest.shell(f"stat -c %G {node}")
    plain.unplug()
    assert "EKANBAN_SCANNER" not in said
    assert "LIBINPUT_IGNORE_DEVICE" not in said
    assert owner == "input"


def test_udev_and_systemd_have_nothing_to_complain_of_in_what_the_package_installs(line: Line) -> None:
    files = line.guest.shell(r"dpkg -L ekanban-terminal | grep -E '\.(rules|service|conf)$'").splitlines()
    names = [file.rpartition("/")[2] for file in files]
    line.guest.do("write", path="/run/udev/rules.d/99-planted.rules", text='SUBSYSTEM=="input", PLANTED="1"\n')
    line.guest.shell("udevadm control --reload && udevadm trigger --settle /dev/input/event0")
    line.terminal.until(lambda: line.complaints(["99-planted.rules"]), "udev complains of a planted rule")

    assert {"60-ekanban-scanners.rules", UNIT} <= set(names)
    assert line.complaints(names) == []
