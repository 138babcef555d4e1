"""The local page of a running device: what it shows and the one thing it can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edge.service.page.guard import Guard
from edge.service.page.web import Site, WebServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.service.page.options import PageOptions
    from edge.service.page.view import PageView

NOTICE: Final = "/notice"
METRICS: Final = "/metrics"
_FILES: Final = {"/": "index.html", "/page.css": "page.css", "/page.js": "page.js"}


class Page(WebServer):
    """Serves the page until `stop`.

    Parameters
    ----------
    options
        Where to listen and who may come in.
    view
        What is shown.
    mute
        Called with a sensor's name, or None for all, and whether to mute.
    notice
        The sign at the door as HTML, to look at and to print; None where there is none.
    metrics
        Writes the health of the node for Prometheus.

    Raises
    ------
    ConfigError
        The token cannot be read or is too short.
    """

    def __init__(
        self,
        options: PageOptions,
        view: PageView,
        *,
        mute: Callable[[str | None, bool], None],
        notice: str | None = None,
        metrics: Callable[[], str] | None = None,
    ) -> None:
        self._view = view
        self._mute = mute
        site = Site(
            files=_FILES,
            snapshot=view.snapshot,
            commands={"/mute": self._take_mute},
            documents={NOTICE: notice} if notice else {},
            texts={METRICS: metrics} if metrics else {},
        )
        super().__init__(options, Guard(options), site)

    def _take_mute(self, command: object) -> bool:
        if not isinstance(command, dict) or set(command) != {"sensor", "muted"}:
            return False
        sensor, muted = command["sensor"], command["muted"]
        if not isinstance(muted, bool) or not (sensor is None or self._view.has_sensor(sensor)):
            return False
        self._mute(sensor, muted)
        return True
