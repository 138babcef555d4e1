from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import weakref
from typing import TYPE_CHECKING

import pytest

from edge.capture.pump import Pump

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator


async def test_items_come_in_order_and_the_end_ends_it() -> None:
    def produce(_: threading.Event) -> Generator[int, None, None]:
        yield from range(100)

    assert [item async for item in Pump(room=1000).run("test", produce)] == list(range(100))


async def test_slow_street_loses_the_oldest_and_the_loss_is_counted() -> None:
    begun, made = threading.Event(), threading.Event()

    def produce(stop: threading.Event) -> Generator[int, None, None]:
        yield 0
        begun.wait()
        yield from range(1, 50)
        made.set()
        stop.wait()

    pump = Pump(room=3)
    async with contextlib.aclosing(pump.run("test", produce)) as items:
        assert await anext(items) == 0
        begun.set()
        await asyncio.to_thread(made.wait)
        await asyncio.sleep(0)
        rest = [await anext(items) for _ in range(3)]
    assert rest == [47, 48, 49]
    assert pump.dropped == 46


async def test_error_of_the_driver_comes_out_after_what_it_gave() -> None:
    def produce(_: threading.Event) -> Generator[int, None, None]:
        yield 1
        raise LookupError("driver")

    items = Pump(room=3).run("test", produce)
    assert await anext(items) == 1
    with pytest.raises(LookupError):
        await anext(items)


async def test_closing_waits_until_the_driver_has_let_go() -> None:
    released = threading.Event()

    def produce(stop: threading.Event) -> Generator[int, None, None]:
        try:
            yield 1
            stop.wait()
        finally:
            released.set()

    async with contextlib.aclosing(Pump(room=3).run("test", produce)) as items:
        assert await anext(items) == 1
        assert not released.is_set()
    assert released.is_set()


async def test_driver_that_blocks_for_ever_does_not_block_the_loop() -> None:
    driver = threading.Event()

    def produce(_: threading.Event) -> Generator[int, None, None]:
        driver.wait()
        yield 1

    async def read() -> None:
        async for _ in Pump(room=3).run("test", produce):
            pass

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=0.05)
    assert not done
    driver.set()
    await asyncio.wait({task}, timeout=60)
    assert task.cancelled()


async def test_a_driver_that_fails_leaves_nothing_behind() -> None:
    class Picture:
        pass

    made: list[weakref.ref[Picture]] = []

    def produce(_: threading.Event) -> Generator[Picture, None, None]:
        for _ in range(3):
            picture = Picture()
            made.append(weakref.ref(picture))
            yield picture
        raise LookupError("driver")

    async def drain(items: AsyncGenerator[Picture, None]) -> None:
        async for _ in items:
            pass

    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            with pytest.raises(LookupError):
                await drain(Pump(room=2).run("test", produce))
        assert [kept for kept in made[:-1] if kept() is not None] == []
    finally:
        gc.enable()
