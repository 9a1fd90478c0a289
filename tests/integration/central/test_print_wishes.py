"""What people ask for is printed as a whole, once, or not at all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any
from uuid import UUID, uuid4

import pytest
from central_plant import Terminal
from print_shop import ERIKA, PrintShop
from sqlalchemy import insert

from ekanban_central import print_again, print_jobs, print_rows, print_wish, printers
from ekanban_central.ledger import SITE, Actor
from ekanban_central.master import Desk, NotThere
from ekanban_central.print_engine import NotPrintable
from ekanban_central.print_faces import LoopbackAddress
from ekanban_central.print_wish import AskedOtherwise, NoPrinter, NoSuchCards, Wish
from ekanban_central.printers import PrinterBusy
from ekanban_central.replay import replay_site
from ekanban_central.sets import as_json
from ekanban_core.card_code import CardCode
from ekanban_core.errors import RuleError
from ekanban_core.states import PrintReason, PrintState


def new_cards(shop: PrintShop, count: int, **more: Any) -> UUID:
    more.setdefault("request_id", uuid4())
    wish = Wish(shop.plant.site_id, ERIKA, loop_id=shop.plant.loop_id, count=count, reason=PrintReason.NEW, **more)
    return print_jobs.make(shop.printing, wish)


def stored(shop: PrintShop) -> dict[str, int]:
    return {table: shop.plant.count(table) for table in ("card", "print_job", "print_job_item", "ledger")}


def test_new_cards_are_made_and_printed_in_one_go(shop: PrintShop) -> None:
    key = new_cards(shop, 3)
    shop.worker.work_off()

    made = [row for row in shop.plant.rows("card") if row["number"] > 5]
    assert sorted(row["number"] for row in made) == [6, 7, 8]
    assert {(row["state"], row["print_version"]) for row in made} == {("active", 1)}
    assert sorted(shop.codes(key)) == sorted(CardCode(row["body"], 1).shown for row in made)
    assert [(paper.face.card, paper.face.cards) for paper in shop.engine.drawn] == [(6, 8), (7, 8), (8, 8)]


REFUSED: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"printer": "Nowhere"}, NoPrinter),
    ({"loop_id": UUID(int=9), "count": 2}, NotThere),
    ({"bodies": ["00000000"]}, NoSuchCards),
    ({"bodies": []}, NoSuchCards),
    ({"state": "retired"}, RuleError),
    ({"state": "found"}, RuleError),
    ({"state": "lost", "reason": PrintReason.AGAIN}, RuleError),
    ({"pending_version": 1023}, RuleError),
    ({"enabled": False}, NoPrinter),
    ({"enabled": False, "printer": "Office"}, NoPrinter),
    ({"printer": "At line 1"}, NoPrinter),
    ({"refuses": "4711"}, NotPrintable),
    ({"base_url": "http://127.0.0.1:8000"}, LoopbackAddress),
    ({"base_url": "http://localhost"}, LoopbackAddress),
    ({"base_url": "http://[::1]:8000"}, LoopbackAddress),
]


def test_a_refused_wish_leaves_nothing_behind(shop: PrintShop, terminal: Terminal) -> None:
    shop.register(name="At line 1", terminal_id=terminal.id)  # nobody there would print it
    places = {"enabled": ("printer", {"id": shop.office}), "base_url": ("site", {"id": shop.plant.site_id})}
    before = stored(shop)
    for wrong, error in REFUSED:
        asked = {"bodies": shop.plant.cards[:2], "reason": PrintReason.DAMAGED}
        asked |= {name: value for name, value in wrong.items() if name in Wish.__slots__}
        shop.engine.refuses = wrong.get("refuses", "")
        changed = [name for name in wrong if name not in (*Wish.__slots__, "refuses")]
        for name in changed:
            table, where = places.get(name, ("card", {"body": shop.plant.cards[1]}))
            was = shop.plant.rows(table, **where)[0][name]
            shop.plant.change(table, where, **{name: wrong[name]})

        with pytest.raises(error):
            print_jobs.make(shop.printing, Wish(shop.plant.site_id, ERIKA, **asked))

        assert stored(shop) == before, wrong
        for name in changed:
            shop.plant.change(table, where, **{name: was})
    assert shop.worker.work_off() == 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"state": "retired"}, "Not possible: the card {code} is out of use."),
        ({"pending_version": 1023}, "The card {code} was printed 1023 times. Replace it by a new card."),
    ],
)
def test_of_several_cards_the_one_that_cannot_be_printed_is_named(
    shop: PrintShop, wrong: dict[str, Any], says: str
) -> None:
    bodies = shop.plant.cards[:3]
    shop.plant.change("card", {"body": bodies[1]}, **wrong)
    with pytest.raises(RuleError) as refused:
        shop.want(*bodies)
    with pytest.raises(RuleError) as alone:
        shop.want(bodies[1])

    code = CardCode(bodies[1], 1).shown
    assert str(refused.value) == says.format(code=code)
    assert code not in str(alone.value)


@pytest.mark.more
def test_a_card_is_printed_a_last_time_and_then_no_more(shop: PrintShop) -> None:
    shop.plant.change("card", {"body": shop.plant.cards[0]}, pending_version=1022)

    key = shop.printed(shop.plant.cards[0])

    assert shop.engine.papers == shop.codes(key) == [CardCode(shop.plant.cards[0], 1023).shown]
    with pytest.raises(RuleError):
        shop.want(shop.plant.cards[0])


def test_new_cards_that_do_not_fit_are_not_made_either(shop: PrintShop) -> None:
    shop.engine.refuses = "4711"
    before = stored(shop)

    with pytest.raises(NotPrintable, match="does not fit"):
        new_cards(shop, 2)

    assert stored(shop) == before


def test_the_demo_may_print_an_address_of_this_machine(shop: PrintShop) -> None:
    demo = PrintShop.__new__(PrintShop)
    demo.__dict__.update(shop.__dict__)
    demo.printing = print_wish.Printing(
        shop.plant.database, shop.engine, shop.printing.pictures, shop.printing.publish, shop.printing.now_ms,
        shop.plant.random, "http://127.0.0.1:8000", loopback=True,
    )  # fmt: skip

    demo.want(shop.plant.cards[0])
    shop.worker.work_off()

    assert shop.engine.drawn[0].face.matrix.startswith("http://127.0.0.1:8000/c/")


def test_a_wish_that_comes_twice_is_one_job(shop: PrintShop) -> None:
    body, request = shop.plant.cards[0], uuid4()

    keys = {shop.want(body, request_id=request) for _ in range(3)}
    shop.worker.work_off()
    keys.add(shop.want(body, request_id=request))

    assert len(keys) == 1
    assert shop.engine.sent == 1
    assert shop.card(body)["pending_version"] == 2


def test_a_double_click_makes_one_job(shop: PrintShop) -> None:
    request = uuid4()

    with ThreadPoolExecutor(4) as pool:
        keys = {each.result() for each in [pool.submit(new_cards, shop, 2, request_id=request) for _ in range(4)]}

    assert len(keys) == 1
    assert (shop.plant.count("print_job"), shop.plant.count("card")) == (1, 7)


@pytest.mark.parametrize("act", ["print", "make"])
def test_a_wish_without_an_id_that_is_sent_twice_is_one_job(shop: PrintShop, act: str) -> None:
    def wish() -> UUID:
        if act == "make":
            return new_cards(shop, 2, request_id=None)
        return shop.want(*shop.plant.cards[:2], request_id=None)

    with ThreadPoolExecutor(4) as pool:
        keys = {each.result() for each in [pool.submit(wish) for _ in range(4)]}
    shop.worker.work_off()
    keys.add(wish())

    assert len(keys) == 1
    assert len(shop.engine.papers) == 2
    shop.plant.pass_s(print_rows.AGAIN_MS / 1000)
    assert wish() not in keys


@pytest.mark.more
def test_a_wish_without_an_id_is_another_one_by_its_words_its_person_and_after_a_failure(shop: PrintShop) -> None:
    body = shop.plant.cards[0]
    key = shop.want(body, request_id=None)

    keys = {
        key, shop.want(body, request_id=None, reason=PrintReason.LOST), shop.want(body, request_id=uuid4()),
        print_jobs.make(shop.printing, Wish(shop.plant.site_id, UUID(int=2), [body], reason=PrintReason.DAMAGED)),
    }  # fmt: skip
    assert len(keys) == 4
    assert shop.want(body, request_id=None) == key
    print_jobs.cancel(shop.printing, shop.plant.site_id, ERIKA, key)
    assert shop.want(body, request_id=None) not in keys


@pytest.mark.more
def test_a_clock_that_is_set_back_swallows_no_wish(shop: PrintShop) -> None:
    key = shop.printed(shop.plant.cards[0], request_id=None)
    shop.plant.pass_s(-86_400)

    assert shop.want(shop.plant.cards[0], request_id=None) != key


@pytest.mark.more
def test_a_wish_without_an_id_waits_as_long_as_its_printer(shop: PrintShop) -> None:
    key = shop.want(shop.plant.cards[0], request_id=None)
    shop.plant.pass_s(86_400)

    assert shop.want(shop.plant.cards[0], request_id=None) == key


def test_a_request_is_not_used_for_something_else(shop: PrintShop) -> None:
    request = uuid4()
    shop.want(shop.plant.cards[0], request_id=request)

    with pytest.raises(AskedOtherwise):
        shop.want(shop.plant.cards[1], request_id=request)

    assert shop.card(shop.plant.cards[1])["pending_version"] == 1


def test_cards_wanted_by_several_at_once_get_versions_of_their_own(shop: PrintShop) -> None:
    bodies = shop.plant.cards

    with ThreadPoolExecutor(4) as pool:
        keys = [each.result() for each in [pool.submit(shop.want, *bodies) for _ in range(4)]]
    shop.worker.work_off()

    codes = [code for key in keys for code in shop.codes(key)]
    assert len(codes) == len(set(codes)) == 20
    assert set(shop.engine.papers) <= set(codes)  # an older one whose turn came later is no paper
    assert len(shop.engine.papers) == len(set(shop.engine.papers))
    assert {shop.card(body)["print_version"] for body in bodies} == {5}


def test_new_cards_of_one_loop_made_by_several_at_once_have_numbers_of_their_own(shop: PrintShop) -> None:
    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(new_cards, shop, 3) for _ in range(4)]:
            each.result()

    assert sorted(row["number"] for row in shop.plant.rows("card")) == list(range(1, 18))


def test_a_loop_that_changes_while_its_cards_are_drawn_is_drawn_anew(shop: PrintShop) -> None:
    asked = []

    def layout(plan: Any, face: Any, loop_layout: str) -> str:
        if not asked:
            shop.plant.change("loop", {"id": shop.plant.loop_id}, container="Tray 7")
        asked.append(face.container)
        return "a7"

    shop.engine.layout = layout  # type: ignore[method-assign]  # moves while it draws
    shop.printed(shop.plant.cards[0])

    assert asked == ["", "Tray 7"]
    assert shop.engine.drawn[0].face.container == "Tray 7"


def test_a_printer_that_changes_while_cards_are_drawn_is_looked_at_anew(shop: PrintShop) -> None:
    shop.engine.before_check = lambda: shop.plant.change("printer", {"id": shop.office}, dpi=300)

    key = shop.want(shop.plant.cards[0])

    assert [plan.printer.dpi for plan in shop.engine.checked] == [203, 300]
    assert shop.job(key).state is PrintState.QUEUED


def test_a_printer_that_is_taken_off_the_list_while_cards_are_drawn_is_said_to_be_gone(shop: PrintShop) -> None:
    before = stored(shop)
    shop.engine.before_check = lambda: remove(shop)

    with pytest.raises(NoPrinter, match="no printer Office"):
        shop.want(shop.plant.cards[0], printer="Office")

    assert stored(shop) == {**before, "ledger": before["ledger"] + 1}


def test_a_printer_is_not_taken_off_the_list_under_a_job_that_is_just_made(shop: PrintShop) -> None:
    with ThreadPoolExecutor(1) as pool:
        with shop.plant.database.transaction() as connection:
            assert printers.hold(connection, shop.plant.site_id, shop.office) is not None
            row = job_row(shop)
            print_rows.add(connection, row)
            gone = pool.submit(remove, shop)
            wait([gone], 0.2)  # so that it has come to where it must wait
        with pytest.raises(PrinterBusy):
            gone.result(60)

    assert shop.job(row["id"]).printer_id == shop.office


def remove(shop: PrintShop) -> None:
    with shop.plant.database.transaction() as connection:
        desk = Desk(connection, shop.plant.site_id, Actor.person(ERIKA), shop.plant.now, shop.plant.random)
        printers.remove(desk, shop.office)


def job_row(shop: PrintShop) -> dict[str, Any]:
    return {
        "id": uuid4(), "site_id": shop.plant.site_id, "printer_id": shop.office, "printer": "Office", "skip": 0,
        "request_hash": "", "state": PrintState.QUEUED, "layout": "", "sheet": "", "duplex": False, "reason": "again",
        "total": 0, "printed": 0, "made_ms": 0, "seen_ms": 0, "worker": "",
    }  # fmt: skip


def test_what_stands_on_the_paper_is_what_stands_at_central(shop: PrintShop) -> None:
    shop.plant.change("site", {"id": shop.plant.site_id}, owner="Logistics, gate 3", time_zone="Asia/Tokyo")
    shop.plant.change("loop", {"id": shop.plant.loop_id}, lead_time_s=93_600, remark="Keep dry", supplier_part="B-77")
    body = shop.plant.cards[2]
    shop.printed(body)

    face = shop.engine.drawn[0].face
    code = CardCode(body, 2)
    assert (face.code, face.barcode, face.matrix) == (
        code.shown,
        f"15K{code.text}",
        f"https://kanban.example/c/{code.text}",
    )
    assert (face.part, face.description, face.quantity, face.unit) == ("4711", "Bracket", "50", "pcs")
    assert (face.source, face.destination, face.supplier, face.supplier_part) == ("Supermarket", "Line 1", "", "B-77")
    assert (face.card, face.cards, face.version, face.lead_time) == (3, 5, 2, "1 d 2 h")
    assert (face.owner, face.remark, face.printed) == ("Logistics, gate 3", "Keep dry", "2026-05-29")


def test_cards_out_of_use_are_not_counted(shop: PrintShop) -> None:
    shop.plant.change("card", {"body": shop.plant.cards[4]}, state="retired")
    shop.printed(shop.plant.cards[0])

    assert (shop.engine.drawn[0].face.card, shop.engine.drawn[0].face.cards) == (1, 4)


def test_a_plant_of_its_own_language_prints_its_own_words(shop: PrintShop) -> None:
    shop.plant.change("site", {"id": shop.plant.site_id}, language="de")
    shop.printed(shop.plant.cards[0])

    face = shop.engine.drawn[0].face
    assert face.printed == "2026-05-28"  # the same on every paper, whoever printed it
    assert face.captions["quantity"] == "Menge"


def test_a_site_has_an_address_of_its_own(shop: PrintShop) -> None:
    shop.plant.change("site", {"id": shop.plant.site_id}, base_url="https://plant-2.example/ekanban")
    shop.printed(shop.plant.cards[0])

    assert shop.engine.drawn[0].face.matrix.startswith("https://plant-2.example/ekanban/c/")


def test_the_ledger_alone_rebuilds_the_cards(shop: PrintShop) -> None:
    shop.printed(*shop.plant.cards[:2])
    shop.engine.jams_after = 1
    key = shop.printed(*shop.plant.cards)
    shop.engine.jams_after = None
    print_again.again(shop.printing, shop.plant.site_id, ERIKA, key, range(2, 6))
    new_cards(shop, 2)
    shop.worker.work_off()

    with shop.plant.database.reading() as connection:
        state = replay_site(connection, shop.plant.site_id)

    assert state.cards == {row["body"]: plain(row) for row in shop.plant.rows("card")}
    assert {row["print_version"] for row in shop.plant.rows("card")} == {1, 3, 4}


def plain(row: dict[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = json.loads(as_json(row))
    del columns["changed"]
    return columns


def test_a_terminals_register_hears_of_new_paper(shop: PrintShop) -> None:
    body = shop.plant.cards[0]
    before = shop.card(body)["changed"]
    shop.want(body)
    made = shop.card(body)["changed"]
    shop.worker.work_off()

    assert before < made < shop.card(body)["changed"]
    assert shop.plant.published[-1][1] == shop.plant.rows("site")[0]["head"]


def test_a_job_in_the_ledger_names_who_wanted_it(shop: PrintShop) -> None:
    key = shop.printed(shop.plant.cards[0])

    (made,) = [row for row in shop.plant.rows("ledger") if row["kind"] == "print_job_made"]
    (done,) = [row for row in shop.plant.rows("ledger") if row["kind"] == "print_job_done"]
    assert (made["actor_kind"], made["actor"], made["data"]["job"]) == ("person", str(ERIKA), str(key))
    assert (done["actor_kind"], done["data"]["job"]) == ("system", str(key))
    assert shop.job(key).state is PrintState.DONE


def test_another_plants_cards_and_printers_are_not_printed(shop: PrintShop) -> None:
    with shop.plant.database.transaction() as connection:
        row = {"id": 77, "code": "other", "name": "Other", "time_zone": "UTC", "language": "en", "head": 0}
        connection.execute(insert(SITE), [row])

    with pytest.raises(NoPrinter):
        print_jobs.make(shop.printing, Wish(77, ERIKA, shop.plant.cards[:1], printer="Office"))
    shop.plant.change("printer", {"id": shop.office}, site_id=77)
    with pytest.raises(NoSuchCards):
        print_jobs.make(shop.printing, Wish(77, ERIKA, shop.plant.cards[:1], printer="Office"))
