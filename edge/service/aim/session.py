"""One session of aiming: a page on loopback behind a token of its own, which ends by itself."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING, Any, Final

from edge.capture.sensors import Sensors
from edge.capture.supervisor import SourceState
from edge.service.aim.sight import look
from edge.service.page.guard import Guard
from edge.service.page.options import PageOptions
from edge.service.page.web import Site, WebServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edge.capture.mute.options import MuteOptions
    from edge.capture.source import Source
    from edge.capture.supervisor import SourceStatus
    from edge.clock import Clock
    from edge.face.detector import FaceDetector
    from edge.service.aim.sight import Sight

_FILES: Final = {"/": "aim.html", "/page.css": "page.css", "/aim.js": "aim.js"}
LOOK_EVERY_S: Final = 0.2
_CHECK_EVERY_S: Final = 0.2


class Aim:
    """Shows where a camera sees faces, while somebody watches and for no longer than was said.

    It stands alone: no gate, no fusion, no broker, no disk. The camera is open only while the page is;
    the switch at the housing, its light and consents hold as they do for the street. What the page shows
    is not gated, so it never runs inside the street: it is served on loopback only, whatever the config
    says, to whoever has the token that was printed for this session.

    Parameters
    ----------
    make_source
        Makes the camera, anew each time that somebody begins to watch.
    detect
        Finds faces.
    mute
        The switch and the light at the housing.
    is_agreed
        Whether the camera may be used now.
    port
        Where to listen on 127.0.0.1; 0 takes a free one.
    """

    def __init__(
        self,
        make_source: Callable[[], Source],
        *,
        detect: FaceDetector,
        mute: MuteOptions,
        is_agreed: Callable[[], bool],
        clock: Clock,
        port: int,
    ) -> None:
        self._make_source = make_source
        self._detect = detect
        self._mute = mute
        self._is_agreed = is_agreed
        self._clock = clock
        self._token = secrets.token_urlsafe(18)
        options = PageOptions(host="127.0.0.1", port=port)
        site = Site(files=_FILES, snapshot=self.snapshot, look_every_s=LOOK_EVERY_S)
        self._server = WebServer(options, Guard(options, token=self._token), site)
        self._ends_s = 0.0
        self._status: SourceStatus | None = None
        self._sight: Sight | None = None
        self._looked_s = 0.0

    @property
    def address(self) -> str:
        """Where to point the browser, with the token of this session; empty while nothing is served."""
        return f"{self._server.address}?token={self._token}"

    async def run(self, *, seconds: float, tell: Callable[[str], None]) -> None:
        """Serve for so long; `tell` is called with the address once it can be opened.

        Raises
        ------
        ConfigError
            The port is taken.
        """
        self._ends_s = self._clock.now_s() + seconds
        await self._server.start()
        try:
            tell(self.address)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while True:
                        await self._until(lambda: self._server.watchers > 0)
                        await self._show()
        finally:
            await self._server.stop()

    def snapshot(self) -> dict[str, object]:
        """Everything that is shown, as JSON values."""
        status, sight = self._status, self._sight
        return {
            "left_s": max(0, round(self._ends_s - self._clock.now_s())),
            "camera": status.state.value if status else SourceState.ABSENT.value,
            "detail": status.detail if status else "",
            "sight": None if sight is None else _plain(sight),
        }

    async def _show(self) -> None:
        """Have the camera open while somebody watches."""
        source = self._make_source()
        sensors = Sensors(
            {source.name: source},
            clock=self._clock,
            mute=self._mute,
            is_agreed=lambda _name: self._is_agreed(),
            deliver=self._see,
            on_status=self._note,
            on_muted=lambda _name: self._forget(),
        )
        running = asyncio.create_task(sensors.run())
        try:
            await self._until(lambda: self._server.watchers == 0 or running.done())
            if running.done():
                running.result()
                await self._until(lambda: self._server.watchers == 0)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            self._forget()

    async def _see(self, _name: str, sample: Any) -> None:
        now_s = self._clock.now_s()
        if now_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        self._sight = await asyncio.to_thread(look, sample.rgb, self._detect)

    def _note(self, status: SourceStatus) -> None:
        self._status = status
        if status.state is not SourceState.OK:
            self._forget()

    def _forget(self) -> None:
        self._sight = None

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():  # noqa: ASYNC110  # browsers come and go in another room
            await asyncio.sleep(_CHECK_EVERY_S)


def _plain(sight: Sight) -> Mapping[str, object]:
    return {
        "shape": [sight.width_px, sight.height_px],
        "light": sight.light.value,
        "spots": [{"box": list(spot.box), "hints": [*spot.hints]} for spot in sight.spots],
    }
