"""One exchange over a real socket: bounded in time and size, following nobody, believing nothing by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ekanban_terminal import http_link as links
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.http_link import HttpLink
from ekanban_terminal.link import Request

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _served(talk: Talk) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that says what `talk` says; yields its address and the requests' heads."""
    heads: list[bytes] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not reader.at_eof():
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                await talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the terminal hung up, as some of these tests want it to
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/plant/", heads


def _says(answer: bytes) -> Talk:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return talk


def test_an_answer_comes_back_whole_with_every_header() -> None:
    async def shift() -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSignature: a\r\nSignature: b\r\n\r\n{}"
        async with _served(_says(answer)) as (url, heads):
            link = HttpLink(url)

            reply = await link.ask(Request("GET", link.prefix + "/api/v1/register", "since=a%3A1"))

            assert (reply.status, reply.body) == (200, b"{}")
            assert [value for name, value in reply.headers if name.lower() == b"signature"] == [b"a", b"b"]
            assert heads[0].startswith(b"GET /plant/api/v1/register?since=a%3A1 HTTP/1.1")
            await link.close()

    asyncio.run(shift())


def test_a_redirection_is_not_followed() -> None:
    async def shift() -> None:
        answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
        async with _served(_says(answer)) as (url, heads):
            link = HttpLink(url)

            assert (await link.ask(Request("GET", "/"))).status == 302
            assert len(heads) == 1
            await link.close()

    asyncio.run(shift())


def test_a_drip_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "DEADLINE_S", 0.3)

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(1000):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def shift() -> None:
        async with _served(drip) as (url, _heads):
            link = HttpLink(url)
            with pytest.raises(LinkDown, match="did not answer within"):
                await link.ask(Request("GET", "/"))
            await link.close()

    asyncio.run(shift())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"not HTTP at all\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["cut", "another protocol", "nothing", "bad chunk"],
)
def test_half_an_answer_is_none(answer: bytes) -> None:
    async def broken(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    async def shift() -> None:
        async with _served(broken) as (url, _heads):
            link = HttpLink(url)
            with pytest.raises(LinkDown):
                await link.ask(Request("POST", "/", body=b"{}"))
            await link.close()

    asyncio.run(shift())


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST_ANSWER", 100_000)

    async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 10_000)
            await writer.drain()

    async def shift() -> None:
        async with _served(endless) as (url, _heads):
            link = HttpLink(url)
            with pytest.raises(LinkDown, match="longer than"):
                await link.ask(Request("GET", "/"))
            await link.close()

    asyncio.run(shift())


def test_nobody_at_the_address_is_a_link_that_is_down() -> None:
    async def shift() -> None:
        async with _served(_says(b"")) as (url, _heads):
            pass
        link = HttpLink(url)
        with pytest.raises(LinkDown, match="was not reached"):
            await link.ask(Request("GET", "/"))
        await link.close()

    asyncio.run(shift())
