"""What follows from the facts of a machine: every finding of the doctor, what it says and what mends it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ekanban_drivers.doctor.configured import configured
from ekanban_drivers.doctor.examine import Report, examine
from ekanban_drivers.doctor.facts import Account, Facts, Node, NodeClass, Process, Stands, Wanted
from ekanban_drivers.doctor.finding import Code, Finding, Severity
from ekanban_drivers.doctor.narrowing import about, with_entry
from ekanban_drivers.errors import DeviceAbsent
from ekanban_drivers.scanner import DeviceInfo

KINDS = ("evdev", "hidpos", "serial", "simulated", "stdin", "tcp")
INPUT, DIALOUT = 104, 20
ACCOUNT = Account("ekanban-terminal", 990, frozenset({990, INPUT, DIALOUT}), frozenset({"input", "dialout"}))
SAFE = {"LIBINPUT_IGNORE_DEVICE": "1"}
NO_MODEM = {"ID_MM_DEVICE_IGNORE": "1"}
SERVICE = Process(412, "ekanban", "ekanban terminal serve", "ekanban-terminal", is_terminal=True)

GATE = Wanted("gate", "evdev", "sn:SN0001", "keyboard")
WEDGE = DeviceInfo("evdev", "sn:SN0001", "ACME Scanner", "/dev/input/event5", ("port:usb-1", "id:05e0:1200"), 0x05E0)
WEDGE_NODE = Node(
    WEDGE.path, NodeClass.KEYBOARD, WEDGE.name, group="input", gid=INPUT, mode=0o660, vendor="05e0", product="1200",
    properties=SAFE,
)  # fmt: skip
LINE = Wanted("line", "serial", "sn:A0001")
PORT = DeviceInfo("serial", "sn:A0001", "ACME Serial", "/dev/ttyUSB0", ("port:1-100",))
PORT_NODE = Node(
    PORT.path, NodeClass.SERIAL, PORT.name, group="dialout", gid=DIALOUT, mode=0o660, vendor="05e0", product="1701",
    usb=True, properties=NO_MODEM,
)  # fmt: skip
DESK = Wanted("desk", "hidpos", "sn:H0001")
REPORTER = DeviceInfo("hidpos", "sn:H0001", "ACME HID-POS", "/dev/hidraw0")
REPORTER_NODE = Node(
    REPORTER.path, NodeClass.HIDPOS, REPORTER.name, group="input", gid=INPUT, mode=0o660, vendor="05e0", product="1300"
)
MOUSE_NODE = Node("/dev/input/event1", NodeClass.MOUSE, "ACME Mouse")

WELL = Facts(
    account=ACCOUNT,
    wanted=(GATE, LINE, DESK),
    devices=(WEDGE, PORT, REPORTER),
    nodes=(WEDGE_NODE, PORT_NODE, REPORTER_NODE, MOUSE_NODE),
    processes=(SERVICE,),
    kinds=KINDS,
)


def node(which: Node, **changed: object) -> Facts:
    """The machine on which all is well, but for this node."""
    return replace(WELL, nodes=tuple(replace(one, **changed) if one is which else one for one in WELL.nodes))  # type: ignore[arg-type] # by name


def entry(**changed: str) -> Facts:
    """The machine on which all is well, but for the first scanner's entry."""
    return replace(WELL, wanted=(replace(GATE, **changed), LINE, DESK))


def runs(*processes: Process, facts: Facts = WELL) -> Facts:
    return replace(facts, processes=(*facts.processes, *processes))


def says(state: str, text: str = "") -> Facts:
    return replace(WELL, stands={"gate": Stands(state, text)})


TWIN = replace(WEDGE, identity="port:usb-2", path="/dev/input/event6", also=("id:05e0:1200",))
MM = Process(77, "ModemManager")
LOGIN = Process(78, "agetty", tty="ttyUSB0")
UNSAFE = node(WEDGE_NODE, properties={})

# What is changed on a machine on which all is well, and what must be found then: code, severity, words, remedy.
CASES: list[tuple[Facts, Code, Severity, str, str]] = [
    (WELL, Code.WILL_BE_READ, Severity.OK, "Nothing stands in the way", ""),
    (says("ready"), Code.IS_READ, Severity.OK, "reads it", ""),
    (node(WEDGE_NODE, opened_by=(SERVICE,)), Code.IS_READ, Severity.OK, "reads it", ""),
    (entry(driver="tcp"), Code.NOT_EXAMINED, Severity.NOTE, "driver tcp has no device nodes", ""),
    (
        replace(WELL, faults=("terminal.toml: naem: there is no such setting",)),
        Code.SETTINGS_WRONG, Severity.PROBLEM, "naem: there is no such setting", "",
    ),
    (entry(driver="evdve"), Code.UNKNOWN_DRIVER, Severity.PROBLEM, "evdve: no such scanner driver; expected", ""),
    (
        replace(WELL, unavailable={"evdev": "pip install it"}),
        Code.DRIVER_UNAVAILABLE, Severity.PROBLEM, "cannot run: pip install it", "",
    ),
    (
        entry(fault="keyboard: gap: unknown key; did you mean gap_ms?"),
        Code.PROFILE_WRONG, Severity.PROBLEM, "did you mean gap_ms?", "",
    ),
    (entry(driver="tcp", misnamed="expected a port"), Code.ADDRESS_WRONG, Severity.PROBLEM, "expected a port", ""),
    (entry(device="sn:SN9"), Code.ABSENT, Severity.PROBLEM, "sn:SN9 is not there: plug it in", 'device = "sn:SN0001"'),
    (
        replace(entry(device="/dev/input/by-id/usb-ACME"), links={"/dev/input/by-id/usb-ACME": ""}),
        Code.LINK_POINTS_NOWHERE, Severity.PROBLEM, "by-id/usb-ACME points nowhere", 'device = "sn:SN0001"',
    ),
    (
        replace(entry(device="/dev/input/event1"), links={"/dev/input/event1": "/dev/input/event1"}),
        Code.WRONG_CLASS, Severity.PROBLEM, "/dev/input/event1 (ACME Mouse) is nothing that the driver evdev", "list",
    ),
    (
        replace(entry(device="/dev/hidraw0"), links={"/dev/hidraw0": "/dev/hidraw0"}),
        Code.WRONG_CLASS, Severity.PROBLEM, "its class is hidpos", 'driver = "hidpos"',
    ),
    (
        replace(entry(device="id:05e0:1200"), devices=(WEDGE, TWIN)),
        Code.SEVERAL_DEVICES, Severity.PROBLEM, "2 devices fit", 'device = "port:usb-2"  # ACME Scanner',
    ),
    (
        replace(WELL, wanted=(GATE, Wanted("again", "evdev", "port:usb-1"))),
        Code.SAME_DEVICE, Severity.PROBLEM, "read by scanner gate of this configuration already", "",
    ),
    (
        replace(WELL, account=replace(ACCOUNT, gids=frozenset({990}), groups=frozenset())),
        Code.NOT_READABLE, Severity.PROBLEM, "/dev/input/event5 (root:input 0660) is not readable for the account "
        "ekanban-terminal: add it to the group input.", "sudo usermod -aG input ekanban-terminal",
    ),
    (
        node(REPORTER_NODE, gid=0, group="root", mode=0o600),
        Code.NOT_READABLE, Severity.PROBLEM, "it needs a udev rule", 'SUBSYSTEM=="hidraw", KERNELS=="*:05E0:1300.*"',
    ),
    (
        node(PORT_NODE, mode=0o640),
        Code.NOT_READABLE, Severity.PROBLEM, "it needs a udev rule", 'ATTRS{idProduct}=="1701", GROUP="dialout"',
    ),
    (
        node(PORT_NODE, opened_by=(Process(9, "minicom", "minicom -D /dev/ttyUSB0"),)),
        Code.HELD, Severity.PROBLEM, "/dev/ttyUSB0 is held by minicom (9)", "sudo kill 9",
    ),
    (
        node(WEDGE_NODE, opened_by=(Process(9, "keyd"),)),
        Code.HELD, Severity.PROBLEM, "held by keyd (9)", "sudo kill 9",
    ),
    (
        node(PORT_NODE, opened_by=(MM,)),
        Code.HELD, Severity.PROBLEM, "held by ModemManager (77)", "sudo systemctl restart ModemManager",
    ),
    (
        node(PORT_NODE, opened_by=(Process(9, "brltty"),)),
        Code.HELD, Severity.PROBLEM, "held by brltty (9)", "sudo systemctl mask --now brltty.service",
    ),
    (says("busy", "A key is held."), Code.HELD, Severity.PROBLEM, "A key is held.", "fuser -v /dev/input/event5"),
    (
        node(WEDGE_NODE, opened_by=(Process(9, "gnome-shell"),)),
        Code.OPENED_BY_OTHERS, Severity.WARNING, "open in gnome-shell (9) as well", "",
    ),
    (
        replace(node(PORT_NODE, opened_by=(SERVICE, Process(9, "cat"))), stands={"line": Stands("ready")}),
        Code.OPENED_BY_OTHERS, Severity.WARNING, "open in cat (9) as well", "sudo kill 9",
    ),
    (says("not_readable", "No room."), Code.TERMINAL_SAYS, Severity.PROBLEM, "terminal says: No room.", ""),
    (
        replace(entry(device="/dev/input/event5"), links={"/dev/input/event5": "/dev/input/event5"}),
        Code.NODE_NUMBER, Severity.WARNING, "only until it is plugged in again", 'device = "sn:SN0001"',
    ),
    (UNSAFE, Code.NO_GRAB_SAFETY, Severity.WARNING, "whatever has the focus", 'ENV{LIBINPUT_IGNORE_DEVICE}="1"'),
    (
        runs(MM, facts=node(PORT_NODE, properties={})),
        Code.MODEM_MANAGER, Severity.WARNING, "ModemManager (77) takes serial devices", 'ENV{ID_MM_DEVICE_IGNORE}="1"',
    ),
    (
        runs(Process(80, "brltty")),
        Code.BRLTTY, Severity.WARNING, "brltty (80), for Braille displays", "mask --now brltty.service",
    ),
    (
        runs(LOGIN, facts=node(PORT_NODE, opened_by=(LOGIN,))),
        Code.GETTY_ON_PORT, Severity.PROBLEM, "agetty (78) asks for a login on ttyUSB0",
        "disable --now serial-getty@ttyUSB0.service",
    ),
    (node(PORT_NODE, console=True), Code.CONSOLE_ON_PORT, Severity.WARNING, "console=ttyUSB0", "update-grub"),
    (
        runs(Process(81, "agetty", tty="tty1")),
        Code.GETTY_ON_SEAT, Severity.NOTE, "login on tty1", "disable --now getty@tty1.service",
    ),
    (
        runs(Process(82, "sway"), facts=UNSAFE),
        Code.DESKTOP_SESSION, Severity.WARNING, "sway (82)", 'ENV{LIBINPUT_IGNORE_DEVICE}="1"',
    ),
    (
        replace(UNSAFE, desktops=("anna (wayland, seat0)",)),
        Code.DESKTOP_SESSION, Severity.WARNING, "anna (wayland, seat0)", 'ENV{LIBINPUT_IGNORE_DEVICE}="1"',
    ),
    (
        replace(WELL, wanted=(LINE, DESK)),
        Code.NOT_USED, Severity.NOTE, "Keyboard or scanner, of Symbol (Zebra)",
        '[[scanners]]\nname = "scanner 3"\ndriver = "evdev"\ndevice = "sn:SN0001"\nprofile = "keyboard"',
    ),
    (replace(WELL, wanted=()), Code.NO_SCANNERS, Severity.WARNING, "No scanner is configured", ""),
    (replace(WELL, packages=("pyudev",)), Code.PACKAGE_MISSING, Severity.NOTE, "pyudev is missing", "python3-pyudev"),
    (replace(WELL, hidden=40), Code.PROCESSES_HIDDEN, Severity.NOTE, "40 programs of other accounts", "sudo ekanban"),
    (replace(WELL, processes=()), Code.TERMINAL_STOPPED, Severity.NOTE, "No terminal runs", "start ekanban-terminal"),
    (
        replace(WELL, account=replace(ACCOUNT, is_callers=True)),
        Code.ACCOUNT_MISSING, Severity.NOTE, "There is no account ekanban-terminal", "",
    ),
]  # fmt: skip
IDS = [f"{number}-{case[1]}" for number, case in enumerate(CASES)]


def found(facts: Facts, code: Code) -> list[Finding]:
    return [finding for finding in examine(facts).findings if finding.code is code]


@pytest.mark.parametrize(("facts", "code", "severity", "said", "remedy"), CASES, ids=IDS)
def test_what_is_wrong_is_found_and_mended(
    facts: Facts, code: Code, severity: Severity, said: str, remedy: str
) -> None:
    finding = found(facts, code)[0]

    assert finding.severity is severity
    assert said in finding.what
    assert remedy in finding.remedy if remedy else not finding.remedy


def test_every_finding_has_its_case() -> None:
    assert {case[1] for case in CASES} == set(Code)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_finding_is_not_there_where_all_is_well(case: tuple[Facts, Code, Severity, str, str]) -> None:
    assert case[1] is Code.WILL_BE_READ or not found(WELL, case[1])


def test_all_is_well_where_nothing_is_wrong() -> None:
    report = examine(WELL)

    assert report.is_well
    assert [(finding.scanner, finding.code) for finding in report.findings] == [
        (name, Code.WILL_BE_READ) for name in ("gate", "line", "desk")
    ]


@pytest.mark.parametrize("case", [case for case in CASES if case[2] is Severity.PROBLEM])
def test_a_problem_is_never_called_well(case: tuple[Facts, Code, Severity, str, str]) -> None:
    report = examine(case[0])
    named = {finding.scanner for finding in report.findings if finding.severity is Severity.PROBLEM}

    assert not report.is_well
    assert not [f for f in report.findings if f.severity is Severity.OK and f.scanner in named]


LACKS = replace(WELL, account=replace(ACCOUNT, gids=frozenset({990}), groups=frozenset()))


@pytest.mark.parametrize(
    ("node", "which"),
    [
        (replace(WEDGE_NODE, usb=True), 'ATTRS{idVendor}=="05e0", ATTRS{idProduct}=="1200"'),
        (WEDGE_NODE, 'ATTRS{id/vendor}=="05e0", ATTRS{id/product}=="1200"'),  # Bluetooth
    ],
)
def test_where_the_packages_rules_are_it_is_enough_to_call_a_device_a_scanner(node: Node, which: str) -> None:
    (finding,) = found(replace(LACKS, wanted=(GATE,), nodes=(node,), rules=True), Code.NOT_READABLE)

    rule = f'SUBSYSTEM=="input|hidraw|tty", {which}, ENV{{EKANBAN_SCANNER}}="1"'
    assert finding.remedy.splitlines()[0] == f"echo '{rule}' | sudo tee -a /etc/udev/rules.d/61-scanners.rules"
    assert "usermod" not in finding.remedy


def test_who_lacks_the_group_of_scanners_joins_it() -> None:
    node = replace(WEDGE_NODE, properties={**SAFE, "EKANBAN_SCANNER": "1"}, group="ekanban-scanner")

    (finding,) = found(replace(LACKS, wanted=(GATE,), nodes=(node,), rules=True), Code.NOT_READABLE)

    assert "usermod -aG ekanban-scanner ekanban-terminal" in finding.remedy


def test_a_device_that_has_no_other_name_may_be_named_by_its_node() -> None:
    nameless = replace(PORT, identity=PORT.path, also=())
    facts = replace(WELL, wanted=(replace(LINE, device=PORT.path),), devices=(nameless,))

    assert [finding.code for finding in examine(facts).findings] == [Code.WILL_BE_READ]


def test_a_port_of_the_board_is_named_by_its_number() -> None:
    port = Node("/dev/ttyS0", NodeClass.SERIAL)
    facts = replace(LACKS, wanted=(LINE,), devices=(replace(PORT, path=port.path),), nodes=(port,))

    (finding,) = found(facts, Code.NOT_READABLE)

    assert 'SUBSYSTEM=="tty", KERNEL=="ttyS0", GROUP="dialout"' in finding.remedy


def test_what_a_device_calls_itself_ends_no_line_that_is_to_be_pasted() -> None:
    evil = replace(WEDGE, identity='sn:"\n\x1b[2J\x9b', name="x\nport = 1\x1b")

    finding = found(replace(entry(device="sn:SN9"), devices=(evil,)), Code.ABSENT)[0]

    assert finding.remedy == ('device = "sn:\\"\\n\\u001b[2J\\U0000009B"  # x?port = 1? (/dev/input/event5)')


def test_a_scanner_with_two_keyboards_behind_one_port_is_one_scanner() -> None:
    both = [
        replace(WEDGE, identity=f"port:usb-1/input{number}", also=("sn:SN0001",), path=f"/dev/input/event{5 + number}")
        for number in (0, 1)
    ]

    report = examine(replace(WELL, devices=(*both, PORT, REPORTER)))

    assert report.is_well
    assert Code.NOT_USED not in {finding.code for finding in report.findings}


def test_a_keyboard_that_no_name_betrays_is_called_keyboard_or_scanner() -> None:
    plain, scanner = replace(WEDGE, vendor=1, name="USB Keyboard"), replace(WEDGE, vendor=1, name="2D Barcode")

    machines = [replace(WELL, wanted=(LINE, DESK), devices=(one,)) for one in (plain, scanner)]
    sentences = [found(machine, Code.NOT_USED)[0].what for machine in machines]

    assert "nothing tells which" in sentences[0]
    assert "by its name a scanner" in sentences[1]


def test_one_device_alone_is_examined_as_if_it_were_configured() -> None:
    facts = replace(node(PORT_NODE, mode=0), wanted=(GATE,))

    report = about(examine(with_entry(facts, "/dev/ttyUSB0")), "/dev/ttyUSB0")

    assert [finding.code for finding in report.findings if finding.scanner] == [Code.NOT_READABLE]
    assert {finding.device for finding in report.findings} == {"/dev/ttyUSB0"}
    assert [one.path for one in report.facts.nodes] == ["/dev/ttyUSB0"]


@pytest.mark.parametrize("name", ["line", "sn:A0001", "port:1-100", "/dev/ttyUSB0"])
def test_one_scanner_alone_is_named_as_one_likes(name: str) -> None:
    report: Report = about(examine(with_entry(WELL, name)), name)

    assert [one.name for one in report.facts.wanted] == ["line"]
    assert {finding.scanner for finding in report.findings} == {"line"}


def test_a_mouse_is_examined_and_refused() -> None:
    report = about(examine(with_entry(WELL, "/dev/input/event1")), "/dev/input/event1")

    assert [finding.code for finding in report.findings] == [Code.WRONG_CLASS]


def test_a_device_that_nobody_knows_is_not_examined() -> None:
    with pytest.raises(DeviceAbsent, match="sn:NONE is not there"):
        with_entry(WELL, "sn:NONE")


def test_a_wrong_configuration_does_not_hide_what_is_plugged_in() -> None:
    report = examine(replace(WELL, wanted=(), faults=("port: wrong",)))

    assert [finding.code for finding in report.findings] == [Code.SETTINGS_WRONG, *[Code.NOT_USED] * 3]
    assert list(configured(report.facts))


def test_every_code_stands_in_the_reference() -> None:
    text = (Path(__file__).parents[3] / "docs/reference/commands.md").read_text().split("## The doctor's report")[1]

    assert {code for code in re.findall(r"`(\w+)`", text.split("| code |")[1])} - {"tcp"} == {
        str(code) for code in Code
    }


def test_what_the_how_to_quotes_is_what_the_doctor_says() -> None:
    table = (Path(__file__).parents[3] / "docs/how-to/a-scanner-does-not-read.md").read_text()
    quoted = re.findall(r"^\| [^|]+ \| `([^`]+)` \|", table, re.MULTILINE)
    said = [finding.what for case in CASES for finding in examine(case[0]).findings]

    assert len(quoted) > 5
    for quote in quoted:
        assert any(all(part in sentence for part in quote.split("…")) for sentence in said), quote
