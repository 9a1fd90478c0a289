"""A guest with the built package installed, and a plant on the host that it belongs to."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_plant import Central, free_port
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from hardware import image, product
from hardware.guest import Guest
from hardware.image import Image
from hardware.line import Line


class ByGuest(LoadScopeScheduling):
    """Tests that share a guest stay together; each disk for power cuts goes to whichever worker is free."""

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        return nodeid if scope.endswith("test_power_cut.py") else scope


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGuest:
    return ByGuest(config, log)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """A disk on which dpkg has installed the package."""
    folder = tmp_path_factory.mktemp("installed")
    deb = product.package()

    def prepare(empty: Image) -> None:
        with Guest(empty, folder, keep=True) as guest:
            product.install(guest, deb.name)
            guest.power_off()

    key = deb.read_bytes() + inspect.getsource(product).encode()
    return image.prepared(folder, "installed", key, [deb], prepare)


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    """Central on the host's loopback, its admin signed in."""
    central = Central(tmp_path_factory.mktemp("central"), free_port())
    central.begin()
    yield central
    central.close()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, installed: Image, central: Central) -> Iterator[Line]:
    """Line 4: a guest with three scanners, its terminal enrolled and running."""
    folder: Path = tmp_path_factory.mktemp("line4")
    port = int(central.url.rpartition(":")[2])
    with Guest(installed, folder, central_port=port) as guest:
        line = Line(guest, central)
        line.begin()
        yield line
