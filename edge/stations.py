"""The readers of one street, each behind its inbox, and which source is read by which."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from edge.capture.options import modality_of
from edge.capture.wearer import WearerOptions
from edge.config.derived import baseline_path
from edge.face import FaceReader
from edge.physiology import PhysiologyReader
from edge.physiology.vault import recall
from edge.service.health import Tally
from edge.service.watchdog import Progress
from edge.signals import Modality
from edge.speech import SpeechReader
from edge.street import Inbox, Station

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from edge.clock import Clock
    from edge.config.schema import Config
    from edge.inference import ModelStore
    from edge.signals import Affect, Sample
    from edge.street import Observer, Reader

T = TypeVar("T")

_INBOX_CAPACITY: Final = {Modality.FACE: 1, Modality.SPEECH: 25, Modality.PHYSIOLOGY: 500}
"""Video keeps the newest frame; audio a few seconds; physiology drops nothing."""

_MOST_THREADS: Final = 4

_READERS: Final[dict[Modality, Callable[..., Reader]]] = {
    Modality.FACE: FaceReader,
    Modality.SPEECH: SpeechReader,
    Modality.PHYSIOLOGY: PhysiologyReader,
}


class Stations:
    """One station a source; the sources of one wearer share theirs.

    Parameters
    ----------
    deliver
        Takes each reading.

    Raises
    ------
    EdgeError
        A model or a kept baseline that the config names cannot be used.
    """

    def __init__(
        self,
        config: Config,
        *,
        store: ModelStore,
        clock: Clock,
        deliver: Callable[[Affect], None],
        observer: Observer,
    ) -> None:
        self._config = config
        self._store = store
        self._is_virtual = clock.is_virtual
        self._deliver = deliver
        self._observer = observer
        threads = min(_MOST_THREADS, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="reader")
        self.by_name: dict[str, Station] = {}
        self._of_source = {name: self._build(name) for name in config.sources}

    async def put(self, source: str, sample: Sample) -> None:
        """Hand a sample to whoever reads this source."""
        if station := self._of_source[source]:
            await station.inbox.put(sample)

    def forget(self, source: str) -> None:
        """Have the reader of a source forget what it saw or heard."""
        if station := self._of_source[source]:
            station.forget()

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """Give the work of each station, to be run until cancelled."""
        return [station.run() for station in self.by_name.values()]

    async def finish(self) -> None:
        """Work off what is left, and deliver what the readers have held back."""
        for station in self.by_name.values():
            await station.finish()

    def progress(self) -> dict[str, Progress]:
        """How far each station has come."""
        return {
            name: Progress(station.worked_off, has_work=station.inbox.has_work)
            for name, station in self.by_name.items()
        }

    def tallies(self) -> dict[str, Tally]:
        """What each station has lost so far."""
        return {
            f"reader {name}": Tally(
                station.worked_off + station.inbox.dropped, station.inbox.dropped, station.failures
            )
            for name, station in self.by_name.items()
        }

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _build(self, source: str) -> Station | None:
        options = self._config.sources[source]
        modality = modality_of(options)
        if not getattr(self._config.readers, modality).enabled:
            return None
        wearer = options.wearer if isinstance(options, WearerOptions) else None
        key = source if wearer is None else f"wearer {wearer}"
        if key not in self.by_name:
            self.by_name[key] = Station(
                modality,
                self._make_reader(modality, wearer=wearer),
                Inbox(
                    capacity=_INBOX_CAPACITY[modality],
                    lossless=self._is_virtual or modality is Modality.PHYSIOLOGY,
                ),
                run_blocking=self._run_blocking,
                deliver=self._deliver,
                observer=self._observer,
            )
        return self.by_name[key]

    def _make_reader(self, modality: Modality, *, wearer: str | None) -> Reader:
        readers, inference = self._config.readers, self._config.inference
        known = {}
        if wearer is not None:
            path = baseline_path(self._config, wearer)
            known["recall"] = partial(recall, path, readers.physiology.baseline)
        return _READERS[modality](
            getattr(readers, modality),
            store=self._store,
            runtime=inference.runtime,
            threads=inference.threads,
            **known,
        )

    async def _run_blocking(self, work: Callable[[Any], T], sample: Any) -> T:
        if self._is_virtual:
            return work(sample)
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, sample)
