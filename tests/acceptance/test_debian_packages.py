"""The Debian packages in a clean root: installed, upgraded, cut off in the middle, removed, purged."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import clean_root
import pytest
from clean_root import Root
from real_plant import free_port

pytestmark = [pytest.mark.heavy, pytest.mark.needs("mmdebstrap"), pytest.mark.timeout(900)]

TERMINAL, CENTRAL = "ekanban-terminal_amd64", "ekanban-central_amd64"
NEWER = "0.1.0+newer"
CUTS = 4
UNIT = "ekanban-terminal.service"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return clean_root.build(tmp_path_factory.mktemp("packages"), TERMINAL, CENTRAL)


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clean_root.build(tmp_path_factory.mktemp("newer"), TERMINAL, version=NEWER)["ekanban-terminal"]


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory, packages: dict[str, Path]) -> Path:
    tar = tmp_path_factory.mktemp("debian") / "root.tar"
    clean_root.make(tar, list(packages.values()))
    return tar


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def root(debian: Path, tmp_path: Path) -> Root:
    return clean_root.unpack(debian, tmp_path / "root")


@contextmanager
def serving(root: Root, *words: str, account: str, port: int) -> Iterator[str]:
    """Run a service in the root as its account; gives its address once it answers."""
    url = f"http://127.0.0.1:{port}"
    log = (root.folder.parent / f"{account}.log").open("w+")
    process = subprocess.Popen(
        root.command("ekanban", *words, "--port", str(port), account=account), stderr=log, stdout=log
    )
    try:
        answered(f"{url}/healthz", process)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        log.close()


def answered(url: str, process: subprocess.Popen[bytes], body: dict[str, str] | None = None) -> dict[str, object]:
    """Ask until there is an answer."""
    wish = Request(url, json.dumps(body).encode() if body else None, {"Content-Type": "application/json"})  # noqa: S310
    for _ in range(600):
        assert process.poll() is None, "the service has ended"
        try:
            with urlopen(wish, timeout=30) as answer:  # noqa: S310
                found: dict[str, object] = json.load(answer)
                return found
        except (URLError, ConnectionError):
            time.sleep(0.1)  # it is starting
    raise AssertionError(f"{url} does not answer")


def scan(root: Root, port: int) -> None:
    """Run the terminal and make one scan with it."""
    with serving(root, "terminal", "serve", account="ekanban-terminal", port=port):
        root.run("ekanban", "scan", "7K3QM9X201CF", "--terminal", f"http://127.0.0.1:{port}")


def test_a_package_is_the_same_whenever_it_is_built(packages: dict[str, Path], tmp_path: Path) -> None:
    again = clean_root.build(tmp_path, TERMINAL)

    assert again["ekanban-terminal"].read_bytes() == packages["ekanban-terminal"].read_bytes()


@pytest.mark.parametrize("name", ["ekanban-terminal", "ekanban-central"])
def test_a_package_does_not_know_where_it_was_built(packages: dict[str, Path], name: str, tmp_path: Path) -> None:
    places = {str(clean_root.PROJECT), sys.base_prefix, "ekanban-deb-"} - {"/usr"}  # Debian's own Python lies there

    subprocess.run(["dpkg-deb", "--extract", packages[name], tmp_path], check=True)

    files = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 1000
    for file in files:
        content = file.read_bytes()
        assert not [place for place in places if place.encode() in content], file


def test_a_new_machine_has_a_terminal_after_one_installation(root: Root, packages: dict[str, Path], port: int) -> None:
    root.install(packages["ekanban-terminal"])

    assert root.run("ekanban", "--version").strip() == "0.1.0"
    assert "right" in root.run("ekanban", "terminal", "serve", "--check-config", account="ekanban-terminal")
    assert os.readlink(root / f"etc/systemd/system/multi-user.target.wants/{UNIT}") == f"/lib/systemd/system/{UNIT}"
    assert {"dialout", "ekanban-scanner"} <= set(root.run("id", "--groups", "--name", "ekanban-terminal").split())
    assert root.run("stat", "--format=%U %a", "/var/lib/ekanban/terminal").strip() == "ekanban-terminal 700"
    assert root.run("stat", "--format=%U:%G %a", "/etc/ekanban/terminal.toml").strip() == "root:ekanban-terminal 640"
    with serving(root, "terminal", "serve", account="ekanban-terminal", port=port):
        pass


def test_all_that_is_installed_is_as_it_was_packed(root: Root, packages: dict[str, Path]) -> None:
    root.install(packages["ekanban-terminal"])

    root.run("ekanban", "scanners", "list", "--json")  # as root, which could write anywhere

    assert root.run("dpkg", "--verify", "ekanban-terminal") == ""
    assert not [path for path in root.listing() if path.startswith("usr/lib/ekanban") and path.endswith(".tmp")]


def test_the_services_account_cannot_change_its_program(root: Root, packages: dict[str, Path]) -> None:
    root.install(packages["ekanban-terminal"])

    writable = root.run(
        "find", "/usr/lib/ekanban", "/etc/ekanban", "-writable", "-not", "-type", "l", account="ekanban-terminal"
    )
    assert writable == ""


def test_an_upgrade_keeps_scans_and_what_the_plant_has_set(
    root: Root, packages: dict[str, Path], newer: Path, port: int
) -> None:
    root.install(packages["ekanban-terminal"])
    settings = root / "etc/ekanban/terminal.toml"
    settings.write_text(settings.read_text("utf-8") + '\n[[scanners]]\nname = "hand"\ndriver = "stdin"\n', "utf-8")
    scan(root, port)
    settings.chmod(0o600)  # whatever the plant means by that

    root.install(newer)

    assert 'driver = "stdin"' in settings.read_text("utf-8")
    assert settings.stat().st_mode & 0o777 == 0o600
    assert "7K3Q-M9X2-01CF" in root.run("ekanban", "terminal", "journal", "--data", "/var/lib/ekanban/terminal")
    assert NEWER in (root / "usr/lib/ekanban/terminal/run").read_text("utf-8")
    assert sorted(path.name for path in (root / "usr/lib/ekanban/terminal").iterdir() if path.is_dir()) == [NEWER]


def test_systemd_starts_it_once_and_restarts_it_after_an_upgrade_where_policy_allows(
    root: Root, packages: dict[str, Path], newer: Path
) -> None:
    (root / "run/systemd/system").mkdir(parents=True)
    asked = told_to_systemd(root)

    root.install(packages["ekanban-terminal"])
    first = asked.read_text("utf-8")
    asked.write_text("", "utf-8")
    root.install(newer)
    second = asked.read_text("utf-8")
    asked.write_text("", "utf-8")
    (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n", "utf-8")
    (root / "usr/sbin/policy-rc.d").chmod(0o755)
    root.install(packages["ekanban-terminal"])

    assert f"start {UNIT}" in first
    assert f"restart {UNIT}" in second
    assert "start" not in asked.read_text("utf-8")


def told_to_systemd(root: Root) -> Path:
    """Put a systemctl into the root that only notes what it is told; returns its notes."""
    program, notes = root / "usr/bin/systemctl", root / "notes"
    program.write_text('#!/bin/sh\necho "$*" >> /notes\ncase $* in *is-enabled*) echo enabled ;; esac\n', "utf-8")
    program.chmod(0o755)
    notes.touch()
    return notes


def test_a_plant_that_has_disabled_it_finds_it_disabled_after_an_upgrade(
    root: Root, packages: dict[str, Path], newer: Path
) -> None:
    root.install(packages["ekanban-terminal"])
    wanted = root / f"etc/systemd/system/multi-user.target.wants/{UNIT}"
    wanted.unlink()  # what systemctl disable does

    root.install(newer)

    assert not wanted.is_symlink()


def test_after_a_purge_nothing_is_left_but_the_account(root: Root, packages: dict[str, Path], port: int) -> None:
    before = root.listing()
    root.install(packages["ekanban-terminal"])
    with serving(root, "terminal", "serve", account="ekanban-terminal", port=port):
        pass

    root.run("dpkg", "--remove", "ekanban-terminal")
    removed = root.listing()
    root.run("dpkg", "--purge", "ekanban-terminal")

    assert {"etc/ekanban/terminal.toml", "var/lib/ekanban/terminal/journal.sqlite"} <= removed
    assert not [path for path in removed if path.startswith(("usr/lib/ekanban", "lib/udev/rules.d/60-ekanban"))]
    assert root.listing() - before == set()
    assert "ekanban-terminal" in (root / "etc/passwd").read_text("utf-8")


def test_a_purge_keeps_scans_that_central_does_not_have_and_says_so(
    root: Root, packages: dict[str, Path], port: int
) -> None:
    root.install(packages["ekanban-terminal"])
    scan(root, port)

    said = root.run("dpkg", "--purge", "ekanban-terminal")

    assert "1 scans in /var/lib/ekanban/terminal/journal.sqlite have not reached central" in said
    assert (root / "var/lib/ekanban/terminal/journal.sqlite").exists()


def test_a_power_cut_at_any_moment_of_an_upgrade_leaves_a_terminal_that_starts(
    root: Root, packages: dict[str, Path], newer: Path, tmp_path: Path
) -> None:
    old, new = packages["ekanban-terminal"], newer
    root.install(old)
    moments = random.Random(4)  # noqa: S311  # where the cuts lie is no secret
    begun = time.monotonic()
    root.install(new)
    whole = time.monotonic() - begun

    for _ in range(CUTS):
        old, new = new, old
        cut(root, new, moments.uniform(0.05, 1.0) * whole)

        assert root.run("ekanban", "--version").strip() == "0.1.0"
        root.run("dpkg", "--force-confold", "--configure", "-a")
        root.install(new)
        assert root.run("dpkg", "--verify", "ekanban-terminal") == ""
        assert root.run("dpkg-query", "--show", "--showformat=${db:Status-Status}", "ekanban-terminal") == "installed"


def test_what_starts_the_program_is_unpacked_behind_all_of_the_program(packages: dict[str, Path]) -> None:
    listing = subprocess.run(
        ["dpkg-deb", "--contents", packages["ekanban-terminal"]], capture_output=True, text=True, check=True
    )

    # Files, in which order dpkg renames them when all is unpacked; links it makes before.
    order = [line.split()[5] for line in listing.stdout.splitlines() if line.startswith("-")]
    program = [at for at, path in enumerate(order) if path.startswith("./usr/lib/ekanban/terminal/0.1.0/")]
    assert order.index("./usr/lib/ekanban/terminal/run") > max(program)


def cut(root: Root, package: Path, after_s: float) -> None:
    """Begin an upgrade and kill all of it."""
    words = ("dpkg", "--install", "--force-confold", "--force-unsafe-io", root.bring(package))
    process = subprocess.Popen(
        root.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_central_and_terminal_live_on_one_machine_and_leave_it_one_by_one(
    root: Root, packages: dict[str, Path], port: int
) -> None:
    root.install(packages["ekanban-terminal"])
    root.install(packages["ekanban-central"])

    root.run("ekanban", "central", "migrate")  # by root, and yet not root's
    owners = root.run("find", "/var/lib/ekanban/central", "-not", "-user", "ekanban-central")
    assert owners == ""
    with serving(root, "central", "serve", account="ekanban-central", port=port):
        pass
    root.run("ekanban", "scanners", "list")
    said = root.run("dpkg", "--purge", "ekanban-central")

    assert "/var/lib/ekanban/central holds the plant's ledger" in said
    assert (root / "var/lib/ekanban/central/central.db").exists()
    assert root.run("ekanban", "--version").strip() == "0.1.0"
