"""How the doctor looks at a machine: a made-up /dev, /sys, /proc and /run, and real processes under other names."""

from __future__ import annotations

import asyncio
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hid_scanner import described

from ekanban_drivers.doctor.accounts import READ, WRITE, account, allows, grants
from ekanban_drivers.doctor.examine import gather
from ekanban_drivers.doctor.facts import Account, Grant, Node, NodeClass, Process
from ekanban_drivers.doctor.nodes import nodes, paths, rules_installed
from ekanban_drivers.doctor.processes import desktops, running

KEYBOARD = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"
POWER_BUTTON = "10000000000000 0"
USB = "sys/devices/pci0000:00/usb1/1-2"
INTERFACE = f"{USB}/1-2:1.0"


def write(root: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def device(root: Path, subsystem: str, name: str, parent: str, node: str = "") -> Path:
    """A node and its folders in sysfs, behind which lies `parent`."""
    folder = root / parent / subsystem / name
    folder.mkdir(parents=True)
    (folder / "device").symlink_to(root / parent)
    write(root, **{node or f"dev/{name}": ""})
    link = root / "sys/class" / subsystem / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(folder)
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine with a wedge, a mouse, a power button, a HID-POS scanner and two ports, one of which is none."""
    write(tmp_path, **{
        f"{USB}/idVendor": "05e0\n", f"{USB}/idProduct": "1200\n", f"{USB}/manufacturer": "ACME\n",
        f"{USB}/product": "Scanner\n", f"{USB}/dev": "189:4\n",
        f"{INTERFACE}/bInterfaceClass": "03\n", f"{INTERFACE}/bInterfaceSubClass": "01\n",
        f"{INTERFACE}/bInterfaceProtocol": "01\n",
        f"{INTERFACE}/input/input5/name": "ACME Scanner\n", f"{INTERFACE}/input/input5/capabilities/key": KEYBOARD,
        "run/udev/data/c13:69": "I:77\nE:ID_INPUT_KEYBOARD=1\nE:LIBINPUT_IGNORE_DEVICE=1\nE:DEVLINKS=x\n",
        "run/udev/data/c189:4": "E:ID_MM_DEVICE_IGNORE=1\nE:LIBINPUT_IGNORE_DEVICE=2\n",
        "sys/devices/virtual/mouse/capabilities/key": "70000 0 0 0 0",
        "sys/devices/virtual/mouse/capabilities/rel": "3",
        "sys/devices/virtual/button/capabilities/key": POWER_BUTTON,
        "sys/devices/virtual/button/capabilities/rel": "0",
        "sys/devices/hid/0005:05E0:1300.0001/report_descriptor": described(),
        "sys/devices/hid/0005:05E0:1300.0001/uevent": "HID_ID=0005:000005E0:00001300\nHID_NAME=ACME HID-POS\n",
        "sys/devices/hid/other/report_descriptor": b"",
        "proc/consoles": "ttyS0                -W- (EC p  )    4:64\ntty0  -WU (E  p  )    4:1\n",
    })  # fmt: skip
    (tmp_path / "sys/bus/drivers/usbhid").mkdir(parents=True)
    (tmp_path / INTERFACE / "driver").symlink_to(tmp_path / "sys/bus/drivers/usbhid")
    event = device(tmp_path, "input", "event5", f"{INTERFACE}/input/input5", "dev/input/event5")
    (event / "dev").write_text("13:69\n")
    device(tmp_path, "input", "event1", "sys/devices/virtual/mouse", "dev/input/event1")
    device(tmp_path, "input", "event0", "sys/devices/virtual/button", "dev/input/event0")
    device(tmp_path, "hidraw", "hidraw0", "sys/devices/hid/0005:05E0:1300.0001")
    device(tmp_path, "hidraw", "hidraw1", "sys/devices/hid/other")
    for number in (0, 1):
        (device(tmp_path, "tty", f"ttyS{number}", "sys/devices/serial8250") / "type").write_text(f"{4 - 4 * number}\n")
    return tmp_path


def test_every_node_is_named_with_its_class(machine: Path) -> None:
    found = nodes(paths(machine), {}, machine)

    assert {node.path: str(node.kind) for node in found} == {
        "/dev/input/event0": "other_input",
        "/dev/input/event1": "mouse",
        "/dev/input/event5": "keyboard",
        "/dev/hidraw0": "hidpos",
        "/dev/hidraw1": "other_hid",
        "/dev/ttyS0": "serial",  # ttyS1 is a number that the kernel keeps ready, without a port
    }


def node_at(machine: Path, path: str) -> Node:
    (found,) = [node for node in nodes(paths(machine), {}, machine) if node.path == path]
    return found


def test_what_stands_behind_a_node_is_read_from_its_parents_and_udevs_notes(machine: Path) -> None:
    wedge = node_at(machine, "/dev/input/event5")

    assert (wedge.name, wedge.vendor, wedge.product, wedge.usb) == ("ACME Scanner", "05e0", "1200", True)
    assert (wedge.kernel_driver, wedge.interface) == ("usbhid", "03/01/01")
    assert wedge.properties == {"ID_INPUT_KEYBOARD": "1", "LIBINPUT_IGNORE_DEVICE": "1", "ID_MM_DEVICE_IGNORE": "1"}


def test_desktops_ask_the_node_itself_whether_to_keep_away(machine: Path) -> None:
    (machine / "run/udev/data/c13:69").write_text("E:ID_INPUT_KEYBOARD=1\n")

    assert "LIBINPUT_IGNORE_DEVICE" not in node_at(machine, "/dev/input/event5").properties


def test_a_bluetooth_scanner_is_known_by_what_hid_says(machine: Path) -> None:
    scanner = node_at(machine, "/dev/hidraw0")

    assert (scanner.name, scanner.vendor, scanner.product, scanner.usb) == ("ACME HID-POS", "05e0", "1300", False)


def test_a_port_with_the_kernels_messages_is_a_console(machine: Path) -> None:
    assert node_at(machine, "/dev/ttyS0").console


def test_owner_group_and_mode_are_the_nodes(machine: Path) -> None:
    place = machine / "dev/input/event5"
    place.chmod(0o640)

    node = node_at(machine, "/dev/input/event5")

    assert (node.uid, node.gid, node.mode) == (place.stat().st_uid, place.stat().st_gid, 0o640)


def test_a_node_that_vanishes_while_it_is_looked_at_is_left_out(machine: Path) -> None:
    found = paths(machine)
    (machine / "dev/hidraw0").unlink()

    assert "/dev/hidraw0" not in {node.path for node in nodes(found, {}, machine)}


WHO = Account("ekanban-terminal", 990, frozenset({990, 104}))
OTHERS = Grant("mask", 0, 7), Grant("own_group", 0, 4)


@pytest.mark.parametrize(
    ("node", "need", "may"),
    [
        (Node("/dev/x", NodeClass.SERIAL, uid=990, mode=0o400), READ, True),
        (Node("/dev/x", NodeClass.SERIAL, uid=990, mode=0o400), READ | WRITE, False),
        (
            Node("/dev/x", NodeClass.SERIAL, uid=990, gid=104, mode=0o060),
            READ,
            False,
        ),  # its own bits count
        (Node("/dev/x", NodeClass.SERIAL, gid=104, mode=0o640), READ, True),
        (Node("/dev/x", NodeClass.SERIAL, gid=104, mode=0o604), READ, False),  # others' bits are not the group's
        (Node("/dev/x", NodeClass.SERIAL, mode=0o604), READ, True),
        (Node("/dev/x", NodeClass.SERIAL, mode=0o660, grants=(Grant("user", 990, 6), *OTHERS)), READ | WRITE, True),
        (
            Node("/dev/x", NodeClass.SERIAL, mode=0o640, grants=(Grant("user", 990, 6), Grant("mask", 0, 4))),
            WRITE,
            False,
        ),
        (Node("/dev/x", NodeClass.SERIAL, mode=0o660, grants=(Grant("group", 104, 6), *OTHERS)), WRITE, True),
        (Node("/dev/x", NodeClass.SERIAL, grants=(Grant("group", 104, 6), Grant("mask", 0, 4))), WRITE, False),
        (Node("/dev/x", NodeClass.SERIAL, gid=104, mode=0o660, grants=OTHERS), WRITE, False),  # the mode shows the mask
        (Node("/dev/x", NodeClass.SERIAL, mode=0o660, grants=(Grant("user", 1000, 6), *OTHERS)), READ, False),
    ],
)
def test_a_node_lets_in_whom_its_rights_let_in(node: Node, need: int, may: bool) -> None:
    assert allows(node, WHO, need) is may


def test_root_is_denied_nothing() -> None:
    assert allows(Node("/dev/x", NodeClass.SERIAL, mode=0), Account("root", 0, frozenset()), READ | WRITE)


def test_an_access_list_is_read_as_the_kernel_keeps_it() -> None:
    entries = [(0x01, 6, 2**32 - 1), (0x02, 6, 990), (0x04, 4, 2**32 - 1), (0x10, 6, 2**32 - 1), (0x20, 0, 2**32 - 1)]
    data = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)

    assert grants(data) == (Grant("user", 990, 6), Grant("own_group", 0, 4), Grant("mask", 0, 6))
    assert grants(data[:-1]) == grants(b"\1\0\0\0") == grants(b"") == ()


@pytest.mark.parametrize("place", ["usr/lib", "etc"])
def test_the_rules_of_the_package_are_found(tmp_path: Path, place: str) -> None:
    assert not rules_installed(tmp_path)

    write(tmp_path, **{f"{place}/udev/rules.d/72-ekanban-scanners.rules": ""})

    assert rules_installed(tmp_path)


def test_the_service_has_the_groups_that_its_unit_gives_it(tmp_path: Path) -> None:
    write(tmp_path, **{
        "usr/lib/systemd/system/ekanban-terminal.service": "[Service]\nUser=nobody\nSupplementaryGroups=input\n",
        "etc/systemd/system/ekanban-terminal.service.d/site.conf": "[Service]\nSupplementaryGroups=dialout nonesuch\n",
    })  # fmt: skip

    found = account("", None, tmp_path)

    assert (found.name, found.is_callers) == ("nobody", False)
    assert {"dialout", "nogroup"} <= found.groups


def test_the_account_of_the_running_terminal_counts_most(tmp_path: Path) -> None:
    write(tmp_path, **{"usr/lib/systemd/system/ekanban-terminal.service": "[Service]\nUser=nobody\n"})

    assert account("", Process(1, "ekanban", account="daemon"), tmp_path).name == "daemon"


def test_without_an_account_of_the_service_the_callers_is_taken_and_told(tmp_path: Path) -> None:
    found = account("", None, tmp_path)

    assert (found.uid, found.is_callers) == (os.geteuid(), True)


def test_an_account_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError):
        account("nonesuch")


@contextmanager
def program(name: str, *, holds: Path) -> Iterator[int]:
    """A process that calls itself `name` and has a file open."""
    code = (
        "import ctypes, sys; ctypes.CDLL(None).prctl(15, sys.argv[1].encode(), 0, 0, 0); "
        "held = open(sys.argv[2]); print(flush=True); sys.stdin.read()"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, name, holds], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    run.stdout.readline()
    try:
        yield run.pid
    finally:
        run.communicate()


def test_whoever_has_a_node_open_is_found_by_name_and_number() -> None:
    master, slave = os.openpty()
    node = os.ttyname(slave)

    with program("minicom", holds=Path(node)) as pid:
        found = running([node])

    os.close(master)
    os.close(slave)
    holder = next(process for process in found.holders[node] if process.pid == pid)
    assert holder.title == f"minicom ({pid})"
    assert holder in found.known


def test_an_open_file_is_known_under_another_name_too(tmp_path: Path) -> None:
    master, slave = os.openpty()
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/ttyUSB0").symlink_to(os.ttyname(slave))
    (tmp_path / "proc").symlink_to("/proc")

    found = running(["/dev/ttyUSB0"], tmp_path)

    os.close(master)
    os.close(slave)
    assert os.getpid() in [process.pid for process in found.holders["/dev/ttyUSB0"]]


def test_a_program_in_a_container_is_found_by_what_it_calls_the_node(tmp_path: Path) -> None:
    process(tmp_path, 7, "minicom", "minicom")
    (tmp_path / "proc/7/fd/3").symlink_to("/dev/ttyUSB77")

    found = running(["/dev/ttyUSB77"], tmp_path)

    assert [holder.pid for holder in found.holders["/dev/ttyUSB77"]] == [7]


def test_a_known_thief_is_found_whatever_it_has_open(tmp_path: Path) -> None:
    with program("ModemManager", holds=Path("/dev/null")) as pid:
        found = running(())

    assert pid in [process.pid for process in found.known if process.name == "ModemManager"]


def process(root: Path, pid: int, name: str, command: str, tty: int = 0) -> None:
    write(root, **{
        f"proc/{pid}/comm": f"{name}\n", f"proc/{pid}/cmdline": command.replace(" ", "\0") + ("\0" if command else ""),
        f"proc/{pid}/stat": f"{pid} (a ) b) S 1 {pid} {pid} {tty} -1 4194560 0",
    })  # fmt: skip
    (root / f"proc/{pid}/fd").mkdir()


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, ""),
        (0x0401, "tty1"),
        (0x0440, "ttyS0"),
        (0xBC00, "ttyUSB0"),
        (0xA601, "ttyACM1"),
        (0xCC40, "ttyAMA0"),
        (0x8803, ""),
    ],
)  # fmt: skip
def test_a_login_is_found_with_the_terminal_that_it_sits_on(tmp_path: Path, number: int, name: str) -> None:
    process(tmp_path, 7, "agetty", "/sbin/agetty -o", number)

    (found,) = running((), tmp_path).known

    assert (found.name, found.tty) == ("agetty", name)


@pytest.mark.parametrize(
    ("command", "terminal"),
    [
        ("/usr/bin/python3 /usr/bin/ekanban terminal serve --config x", True),
        ("/usr/bin/python3 -I -m ekanban_cli.terminal_process 3 4 text", True),
        ("/usr/bin/ekanban demo", False),
        ("python3 -m ekanban_cli terminal serve", True),
        ("/usr/bin/python3 /usr/bin/ekanban scanners watch sn:1", False),
        ("/usr/bin/python3 /usr/bin/ekanban terminal status", False),
    ],
)
def test_the_terminal_is_told_from_other_commands(tmp_path: Path, command: str, terminal: bool) -> None:
    process(tmp_path, 7, "python3", command)

    (found,) = running((), tmp_path).known

    assert (found.name, found.is_terminal) == ("ekanban", terminal)


def test_threads_of_the_kernel_and_other_programs_are_passed_over(tmp_path: Path) -> None:
    process(tmp_path, 2, "kworker", "")
    process(tmp_path, 7, "bash", "bash")
    (tmp_path / "proc/self").mkdir()

    found = running((), tmp_path)

    assert (found.known, found.hidden) == ([], 0)


def test_a_process_that_ends_meanwhile_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "proc/9").mkdir(parents=True)

    assert running((), tmp_path).known == []


def test_what_may_not_be_looked_at_is_counted(tmp_path: Path) -> None:
    code = "from ekanban_drivers.doctor.processes import running; print(running(()).hidden)"
    run = ["setpriv", "--reuid", "65534", "--clear-groups"] if os.geteuid() == 0 else []

    done = subprocess.run([*run, sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert int(done.stdout) > 0


def test_sessions_with_a_screen_are_told_from_others(tmp_path: Path) -> None:
    write(tmp_path, **{
        "run/systemd/sessions/1": "USER=anna\nTYPE=wayland\nSEAT=seat0\n",
        "run/systemd/sessions/2": "USER=ben\nTYPE=tty\nREMOTE=1\n",
    })  # fmt: skip

    assert desktops(tmp_path) == ("anna (wayland, seat0)",)


def acl(user: int, allows: int, mask: int) -> bytes:
    """What the kernel keeps of `setfacl -m u:USER:…,m:…`, on a file of mode 0660."""
    entries = [(0x01, 6, NOBODY), (0x02, allows, user), (0x04, 6, NOBODY), (0x10, mask, NOBODY), (0x20, 0, NOBODY)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 2**32 - 1  # in a list: no number
OTHER, GROUP = 65533, 65532  # accounts that nobody has


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other accounts may enter, as they may not enter pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_the_kernel_judges_the_same(open_folder: Path) -> None:
    is_root = os.geteuid() == 0
    me = Account("me", OTHER, frozenset({GROUP})) if is_root else account("")
    for number, (uid, gid, mode) in enumerate(
        (uid, gid, mode) for uid in (0, OTHER) for gid in (0, GROUP) for mode in (0, 0o400, 0o040, 0o004, 0o604, 0o660)
    ):
        place = open_folder / f"ttyUSB{number}"
        place.touch()
        place.chmod(mode)
        if is_root:
            os.chown(place, uid, gid)
            if mode == 0o660:
                os.setxattr(place, "system.posix_acl_access", acl(OTHER, 6, 6 if gid else 2))
    places = sorted(open_folder.iterdir())
    code = "import os, sys; print([os.access(path, os.R_OK | os.W_OK * int(sys.argv[1])) for path in sys.argv[2:]])"
    run = ["setpriv", "--reuid", str(OTHER), "--regid", str(GROUP), "--clear-groups"] if is_root else []

    for write in (0, 1):
        command = [*run, sys.executable, "-c", code, str(write), *map(str, places)]
        real = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        found = nodes({f"/{place.name}": "tty" for place in places}, {}, open_folder)
        assert str([allows(node, me, READ | WRITE * write) for node in found]) == real


def test_what_is_wrong_with_an_entry_is_found_without_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evdev", None)

    entries = [("a", "tcp", "nonsense", ""), ("b", "serial", "sn:1", "nonesuch"), ("c", "nonesuch", "", "")]
    facts = asyncio.run(gather(entries))

    address, profile, unknown = facts.wanted
    assert "nonsense is no address of a scanner" in address.misnamed
    assert "nonesuch: no such profile" in profile.fault
    assert (unknown.misnamed, unknown.fault) == ("", "")
    assert "need the Python package evdev" in facts.unavailable["evdev"]
    assert facts.packages == ("evdev",)
