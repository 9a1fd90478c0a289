"""Addresses that an administrator registers."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from ekanban_labels.printers import BadAddress, BadPrinter, Dialect, Printer, Way, network, parse_address
from ekanban_labels.printers.address import forbidden
from ekanban_labels.printers.model import Condition


@pytest.mark.parametrize(
    ("way", "given", "kept"),
    [
        (Way.IPP, "ipp://Printer-7.plant.example", "ipp://printer-7.plant.example:631/ipp/print"),
        (Way.IPP, " ipps://192.0.2.7:8631/printers/A4 ", "ipps://192.0.2.7:8631/printers/A4"),
        (Way.IPP, "ipp://[2001:DB8::7]/ipp/print", "ipp://[2001:db8::7]:631/ipp/print"),
        (Way.CUPS, "Office_2", "Office_2"),
        (Way.CUPS, "Office-2@print.example", "Office-2@print.example:631"),
        (Way.RAW, "192.0.2.8", "192.0.2.8:9100"),
        (Way.RAW, "zebra-3:6101", "zebra-3:6101"),
        (Way.RAW, "127.0.0.1:9100", "127.0.0.1:9100"),
        (Way.RAW, "[2001:db8::8]", "[2001:db8::8]:9100"),
        (Way.FILE, "/var/spool/cards/", "/var/spool/cards"),
    ],
)
def test_an_address_is_kept_in_one_form(way: Way, given: str, kept: str) -> None:
    assert parse_address(way, given).text == kept
    assert parse_address(way, kept).text == kept


@pytest.mark.parametrize(
    ("way", "given"),
    [
        (Way.IPP, "http://192.0.2.7/ipp/print"),
        (Way.IPP, "ipp://user:secret@192.0.2.7/ipp/print"),
        (Way.IPP, "ipp://192.0.2.7/ipp/print?x=1"),
        (Way.IPP, "ipp://192.0.2.7/../admin"),
        (Way.IPP, "ipp://192.0.2.7/ipp print"),
        (Way.IPP, "ipp://192.0.2.7:0/ipp/print"),
        (Way.IPP, "ipp://192.0.2.7:99999/ipp/print"),
        (Way.IPP, "ipp://"),
        (Way.IPP, "ipp://[::1/ipp"),
        (Way.IPP, "192.0.2.7"),
        (Way.CUPS, "-o raw"),
        (Way.CUPS, ".."),
        (Way.CUPS, "a/b"),
        (Way.CUPS, "a@"),
        (Way.CUPS, ""),
        (Way.CUPS, "Büro"),
        (Way.RAW, ""),
        (Way.RAW, "host name"),
        (Way.RAW, "-x"),
        (Way.RAW, "192.0.2.8:"),
        (Way.RAW, "192.0.2.8:9100\r\nX"),
        (Way.RAW, "2852039166"),  # 169.254.169.254 as the resolver reads it
        (Way.RAW, "0xa9fea9fe"),
        (Way.RAW, "169.254.43518"),
        (Way.RAW, "٣.example"),
        (Way.FILE, "cards"),
        (Way.FILE, "/var/../etc"),
        (Way.FILE, "/var/a\0b"),
        (Way.FILE, ""),
    ],
)
def test_what_is_no_address_is_refused_with_what_was_expected(way: Way, given: str) -> None:
    with pytest.raises(BadAddress, match=r"expected|ports go from"):
        parse_address(way, given)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.0.9",
        "0.0.0.0",  # noqa: S104  # nobody binds it here
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[fe80::1]",
        "[ff02::1]",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
    ],
)
def test_no_printer_is_where_metadata_services_are(host: str) -> None:
    with pytest.raises(BadAddress, match="no printer may be at"):
        parse_address(Way.RAW, host)
    with pytest.raises(BadAddress, match="no printer may be at"):
        parse_address(Way.IPP, f"ipp://{host}/ipp/print")
    assert forbidden(ip_address(host.strip("[]")))


def test_a_name_that_leads_to_a_forbidden_place_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def rebound(host: str, port: int, **options: object) -> list[object]:
        return [(2, 1, 6, "", ("169.254.169.254", port))]

    monkeypatch.setattr("socket.getaddrinfo", rebound)

    with pytest.raises(network.Unreachable) as refused:
        network.connect("printer.example", 9100, 1)

    assert refused.value.status.condition is Condition.UNREACHABLE
    assert "169.254.169.254, where no printer may be" in str(refused.value)


def test_a_name_that_nobody_knows_is_said() -> None:
    with pytest.raises(network.Unreachable, match=r"Nothing is known by the name no-such-printer\.invalid"):
        network.connect("no-such-printer.invalid", 9100, 5)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"way": Way.RAW, "dialect": Dialect.PDF}, "raw takes zpl, not pdf"),
        ({"way": Way.IPP, "dialect": Dialect.ZPL}, "ipp takes pdf, not zpl"),
        ({"fingerprint": "AB:CD"}, "no fingerprint"),
        ({"media": "A4 paper"}, "no media name"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings: dict[str, object], words: str) -> None:
    usual: dict[str, object] = {"name": "x", "way": Way.IPP, "address": "ipp://192.0.2.7", "dialect": Dialect.PDF}

    with pytest.raises(BadPrinter, match=words):
        Printer(**(usual | settings))  # type: ignore[arg-type]  # the table's values are of several kinds
