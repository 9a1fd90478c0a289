"""Which addresses cards may carry."""

from __future__ import annotations

import pytest

from ekanban_core.addresses import is_web_address, leads_nowhere


@pytest.mark.parametrize(
    "url",
    ["http://localhost", "http://LOCALHOST.:8000", "https://demo.localhost", "http://127.9.9.9", "http://[::1]:1",
     "http://0.0.0.0", "http://[::]", "http://localhost.localdomain"],
)  # fmt: skip
def test_an_address_that_means_the_phone_itself_leads_nowhere(url: str) -> None:
    assert leads_nowhere(url)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.7", "https://kanban.plant.example", "http://[fd00::7]", "http://pi.local"]
)
def test_an_address_of_the_plant_leads_to_central(url: str) -> None:
    assert not leads_nowhere(url)
    assert is_web_address(url)


@pytest.mark.parametrize(
    "url",
    ["", "plant", "//plant", "ftp://plant", "https://", "http://a b", "http://plant?x=1", "http://plant#x",
     "http://user@plant", "http://plant:99999", "http://plant:x", "http://[::1", "http://plänt", "http://plant\n"],
)  # fmt: skip
def test_what_no_path_can_be_added_to_is_no_address(url: str) -> None:
    assert not is_web_address(url)
