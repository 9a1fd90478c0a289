"""The printers' list: who may be named, what is changed, and what keeps a printer on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from central_plant import Terminal
from fastapi.testclient import TestClient
from print_shop import ERIKA, PrintShop
from printing_terminal import PrintingTerminal
from security_world import World, problem

from ekanban_central import printers
from ekanban_central.ledger import Actor
from ekanban_central.master import Desk, NotThere
from ekanban_central.printers import PrinterBusy
from ekanban_core.states import PrintState, Role


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: these are the rules' matters."""
    return f"sqlite:///{tmp_path / 'central.db'}"


def act(shop: PrintShop, write: Callable[[Desk], Any]) -> Any:
    with shop.plant.database.transaction() as connection:
        return write(Desk(connection, shop.plant.site_id, Actor.person(ERIKA), shop.plant.now, shop.plant.random))


def change(shop: PrintShop, **values: Any) -> None:
    act(shop, lambda desk: printers.change_printer(desk, shop.office, values, lambda one: one.address.lower()))


def office(shop: PrintShop) -> printers.Printer:
    with shop.plant.database.reading() as connection:
        found = printers.one(connection, shop.plant.site_id, shop.office)
    assert found is not None
    return found


@pytest.mark.parametrize("state", [PrintState.QUEUED, PrintState.SENDING])
def test_a_printer_with_work_stays_where_it_is(shop: PrintShop, terminal: Terminal, state: PrintState) -> None:
    shop.plant.change("print_job", {"id": shop.want(shop.plant.cards[0])}, state=state)

    with pytest.raises(PrinterBusy):
        act(shop, lambda desk: printers.remove(desk, shop.office))
    with pytest.raises(PrinterBusy):
        change(shop, terminal_id=terminal.id)

    change(shop, name="Gate", dpi=300)  # jobs that wait go where it is then
    assert (office(shop).name, office(shop).dpi, office(shop).terminal_id) == ("Gate", 300, None)


def test_another_printers_work_keeps_no_printer(shop: PrintShop) -> None:
    spare = shop.register(name="Spare")
    shop.want(shop.plant.cards[0], printer="Office")

    act(shop, lambda desk: printers.remove(desk, spare))

    with shop.plant.database.reading() as connection:
        assert [one.name for one in printers.usable(connection, shop.plant.site_id)] == ["Office"]


def test_what_a_printer_has_printed_stays_known_when_it_is_gone(shop: PrintShop) -> None:
    job = shop.printed(shop.plant.cards[0])

    act(shop, lambda desk: printers.remove(desk, shop.office))

    assert (shop.job(job).printer, shop.job(job).printer_id, shop.job(job).printed) == ("Office", None, 1)
    with pytest.raises(NotThere):
        act(shop, lambda desk: printers.remove(desk, shop.office))


def test_an_address_is_kept_in_its_right_form_also_when_it_is_changed(shop: PrintShop) -> None:
    change(shop, address="IPP://Gate.Example/ipp/print")

    assert office(shop).address == "ipp://gate.example/ipp/print"

    act(shop, lambda desk: printers.change_printer(desk, shop.office, {"way": "raw"}, lambda one: f"{one.way} address"))
    assert office(shop).address == "raw address"


def test_whoever_changes_the_list_stands_in_the_ledger(shop: PrintShop, terminal: Terminal) -> None:
    change(shop, terminal_id=terminal.id)
    act(shop, lambda desk: printers.remove(desk, shop.office))

    rows = [row for row in shop.plant.rows("ledger") if row["kind"].startswith("printer_")]

    assert [(row["kind"], row["actor"]) for row in rows] == [
        (f"printer_{what}", str(ERIKA)) for what in ("created", "changed", "removed")
    ]
    assert [row["data"].get("id") or row["data"]["set"]["printer"]["id"] for row in rows] == [str(shop.office)] * 3
    assert rows[1]["data"]["set"]["printer"]["terminal_id"] == str(terminal.id)


def test_several_printers_are_named_in_order(shop: PrintShop, terminal: Terminal) -> None:
    shop.register(name="Zebra")
    shop.register(name="Gate")
    shop.register(name="Switched off", enabled=False)
    shop.register(name="At a terminal", terminal_id=terminal.id)

    with shop.plant.database.reading() as connection:
        found = [one.name for one in printers.usable(connection, shop.plant.site_id)]

    assert found == ["Gate", "Office", "Zebra"]


def test_a_printer_is_known_at_its_own_plant_only(shop: PrintShop) -> None:
    def known(site_id: int) -> list[Any]:
        with shop.plant.database.transaction() as connection:
            return [
                printers.one(connection, site_id, shop.office), printers.hold(connection, site_id, shop.office),
                printers.named(connection, site_id, "Office"), printers.named(connection, site_id, str(shop.office)),
                printers.usable(connection, site_id),
            ]  # fmt: skip

    assert all(known(shop.plant.site_id))
    assert not any(known(shop.plant.site_id + 1))


def test_a_program_sees_what_each_printer_has_to_do(world: World, office: TestClient, cards: list[str]) -> None:
    (printer,) = office.get("/api/v1/printers").json()["items"]
    office.post("/api/v1/cards/print", json={"cards": cards[:1]}).raise_for_status()

    (listed,) = office.get("/api/v1/printers").json()["items"]
    alone = office.get(f"/api/v1/printers/{printer['id']}").json()

    assert (printer["waiting"], listed["waiting"], alone["waiting"]) == (0, 1, 1)
    for role in (Role.VIEWER, Role.SUPERVISOR):
        (seen,) = world.script(role).get("/api/v1/printers").json()["items"]
        assert seen["address"] is None


def test_a_printer_comes_to_a_terminal_and_back(world: World, office: TestClient) -> None:
    terminal = PrintingTerminal.enrolled(world)
    (printer,) = office.get("/api/v1/printers").json()["items"]
    path = f"/api/v1/printers/{printer['id']}"

    there = office.patch(path, json={"terminal_id": terminal.id}).raise_for_status().json()
    asked = office.post(f"{path}/check").raise_for_status().json()
    back = office.patch(path, json={"terminal_id": None, "name": None}).raise_for_status().json()

    assert (there["terminal_id"], back["terminal_id"], back["name"]) == (terminal.id, None, "office")
    assert asked == {"ready": True, "message": "This printer stands at a terminal; its kiosk tells how it is."}


@pytest.mark.parametrize("kind", ["layout", "sheet"])
def test_a_form_that_is_none_is_no_printers_form(office: TestClient, kind: str) -> None:
    (printer,) = office.get("/api/v1/printers").json()["items"]

    refused = office.patch(f"/api/v1/printers/{printer['id']}", json={kind: "poster"})

    assert refused.status_code == 422
    assert problem(refused)["detail"].startswith(f"There is no {kind} poster; expected one of ")


def test_a_job_names_its_printer_by_id_though_another_has_its_name_by_now(shop: PrintShop) -> None:
    change(shop, name="Gate")
    shop.register(name="Office")

    key: UUID = shop.want(shop.plant.cards[0], printer=str(shop.office), request_id=uuid4())

    assert shop.job(key).printer == "Gate"
