"""Whoever waits for devices to come and go ends when it shall end."""

from __future__ import annotations

import asyncio

import pytest

from ekanban_drivers.udev import Waiter


@pytest.mark.parametrize("later", range(6))  # turns of the loop between the change and the end
def test_a_terminal_ends_also_in_the_moment_in_which_a_scanner_is_pulled_out(later: int) -> None:
    async def pulled_out() -> None:
        event = asyncio.Event()
        waiting = asyncio.create_task(Waiter(event).wait(60))
        for _turn in range(3):
            await asyncio.sleep(0)

        event.set()
        for _turn in range(later):
            await asyncio.sleep(0)
        was_waiting = waiting.cancel()

        await asyncio.wait([waiting])
        assert waiting.cancelled() is was_waiting

    asyncio.run(pulled_out())


def test_nobody_waits_longer_than_was_said() -> None:
    asyncio.run(Waiter(asyncio.Event()).wait(0.001))
