from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edge.clock import VirtualClock, run
from edge.signals import Affect, AudioChunk, Modality, Sample
from edge.street import WELL_AGAIN_AFTER, Inbox, Observer, Station


def chunk(start_s: float) -> AudioChunk:
    return AudioChunk("microphone", start_s, np.zeros(160, np.float32))


def reading(at_s: float) -> Affect:
    return Affect(Modality.SPEECH, 1, at_s, at_s, np.full(8, 1 / 8), np.ones(8, bool), 0.0, 0.0, 1.0)


def test_a_full_inbox_keeps_the_newest_and_counts_the_rest() -> None:
    async def main() -> tuple[list[float], int]:
        inbox = Inbox(capacity=2, lossless=False)
        for start_s in range(5):
            await inbox.put(chunk(start_s))
        kept = [await inbox.get() for _ in range(2)]
        return [sample.start_s for sample in kept if isinstance(sample, AudioChunk)], inbox.dropped

    assert run(main(), clock=VirtualClock()) == ([3, 4], 3)


def test_a_lossless_inbox_makes_the_source_wait() -> None:
    async def main() -> int:
        inbox = Inbox(capacity=1, lossless=True)
        await inbox.put(chunk(0))
        waiting = asyncio.create_task(inbox.put(chunk(1)))
        await asyncio.sleep(0)
        assert not waiting.done()
        await inbox.get()
        await waiting
        return inbox.dropped

    assert run(main(), clock=VirtualClock()) == 0


async def inline(work: Callable[[Any], Any], sample: Any) -> Any:
    return work(sample)


class Sulking:
    """A reader that fails on the first two samples, or whenever it is told to."""

    def __init__(self, fails: Callable[[int], bool] = lambda call: call <= 2) -> None:
        self.calls = 0
        self.fails = fails

    def read(self, sample: Sample) -> list[Affect]:
        self.calls += 1
        if self.fails(self.calls):
            raise ZeroDivisionError("0.123 happiness")
        return [reading(1.0)]

    def forget(self) -> None:
        self.calls = 0


@pytest.mark.parametrize(
    ("reader", "samples", "failures", "levels"),
    [
        (Sulking(), 2 + WELL_AGAIN_AFTER, 2, ["ERROR", "INFO"]),
        (Sulking(lambda call: call % 2 == 0), 200, 100, ["ERROR"]),
    ],
    ids=["at first", "every second sample"],
)
def test_a_reader_that_fails_is_logged_once_and_goes_on(
    caplog: pytest.LogCaptureFixture, reader: Sulking, samples: int, failures: int, levels: list[str]
) -> None:
    delivered: list[Affect] = []

    async def main() -> Station:
        inbox = Inbox(capacity=5, lossless=True)
        station = Station(
            "speech", reader, inbox, run_blocking=inline, deliver=delivered.append, observer=Observer()
        )
        task = asyncio.create_task(station.run())
        for start_s in range(samples):
            await inbox.put(chunk(start_s))
        await inbox.drained()
        task.cancel()
        return station

    with caplog.at_level(logging.INFO, logger="edge"):
        station = run(main(), clock=VirtualClock())
    assert (station.failures, station.worked_off) == (failures, samples)
    assert len(delivered) == samples - failures
    assert [record.levelname for record in caplog.records] == levels
    assert "happiness" not in caplog.text


class Remembering:
    """A reader that counts what it still remembers."""

    def __init__(self) -> None:
        self.remembered = 0

    def read(self, sample: Sample) -> list[Affect]:
        self.remembered += 1
        return []

    def forget(self) -> None:
        self.remembered = 0


@pytest.mark.parametrize("waiting", [0, 2])
def test_a_reader_forgets_even_while_it_is_busy(waiting: int) -> None:
    async def main() -> int:
        reader = Remembering()
        reader.remembered = 5
        inbox = Inbox(capacity=5, lossless=True)
        station = Station("speech", reader, inbox, run_blocking=inline, deliver=print, observer=Observer())
        for start_s in range(waiting):
            await inbox.put(chunk(start_s))
        station.forget()
        task = asyncio.create_task(station.run())
        await inbox.drained()
        task.cancel()
        return reader.remembered

    assert run(main(), clock=VirtualClock()) == waiting


class Patient:
    """A reader that says everything at the end."""

    def __init__(self) -> None:
        self.heard: list[Affect] = []

    def read(self, sample: Sample) -> list[Affect]:
        assert isinstance(sample, AudioChunk)
        self.heard.append(reading(sample.start_s))
        return []

    def finish(self) -> list[Affect]:
        return self.heard

    def forget(self) -> None:
        self.heard = []


def test_what_a_reader_holds_back_is_delivered_at_the_end() -> None:
    async def main() -> list[float]:
        delivered: list[Affect] = []
        inbox = Inbox(capacity=9, lossless=True)
        station = Station(
            "speech",
            Patient(),
            inbox,
            run_blocking=inline,
            deliver=delivered.append,
            observer=Observer(),
        )
        worker = asyncio.create_task(station.run())
        for start_s in range(3):
            await inbox.put(chunk(start_s))
        await station.finish()
        worker.cancel()
        return [affect.start_s for affect in delivered]

    assert run(main(), clock=VirtualClock()) == [0, 1, 2]
