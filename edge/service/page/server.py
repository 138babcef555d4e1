"""A small HTTP server for the local page: h11 reads the bytes, asyncio moves them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import SimpleCookie
from importlib import resources
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

import h11

from edge.errors import ConfigError, Problem
from edge.service.page.guard import COOKIE, Guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.service.page.options import PageOptions
    from edge.service.page.view import PageView

_MOST_BODY_BYTES: Final = 1024
_MOST_HEADER_BYTES: Final = 8 * 1024
_CHUNK_BYTES: Final = 4096
_MOST_CONNECTIONS: Final = 32
_REQUEST_TIMEOUT_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.5
_SPEAK_EVERY_S: Final = 15.0
_FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Response:
    status: HTTPStatus
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class _Refused(Exception):  # noqa: N818  # it is an answer
    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Page:
    """Serves the page until `stop`.

    Parameters
    ----------
    options
        Where to listen and who may come in.
    view
        What is shown.
    mute
        Called with a sensor's name, or None for all, and whether to mute.

    Raises
    ------
    ConfigError
        The token cannot be read or is too short.
    """

    def __init__(
        self, options: PageOptions, view: PageView, *, mute: Callable[[str | None, bool], None]
    ) -> None:
        self._options = options
        self._view = view
        self._mute = mute
        self._guard = Guard(options)
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    @property
    def address(self) -> str:
        """Where to point the browser."""
        if self._server is None:
            return ""
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    async def start(self) -> None:
        """Listen.

        Raises
        ------
        ConfigError
            The address is taken or is not ours.
        """
        host, port = self._options.host, self._options.port
        try:
            self._server = await asyncio.start_server(self._accept, host, port, limit=_MOST_HEADER_BYTES)
        except OSError as error:
            why = f"cannot listen on {host}:{port}: {error.strerror or error}"
            problem = Problem(file="config", line=0, column=0, key="page", message=why)
            raise ConfigError([problem]) from error

    async def stop(self) -> None:
        """Close every connection."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._open:
            writer.close()
        await asyncio.gather(*filter(None, self._open.values()))
        await self._server.wait_closed()
        self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[writer] = asyncio.current_task()
        try:
            if len(self._open) <= _MOST_CONNECTIONS:
                await self._converse(_Wire(reader, writer))
        except (OSError, TimeoutError, h11.ProtocolError):
            pass  # the other side went, took too long, or does not speak HTTP
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            del self._open[writer]

    async def _converse(self, wire: _Wire) -> None:
        while True:
            try:
                async with asyncio.timeout(_REQUEST_TIMEOUT_S):
                    request = await wire.receive()
                if request is None:
                    return
                self._check(request)
            except _Refused as refusal:
                await wire.send(_Response(refusal.status, refusal.status.phrase.encode()), close=True)
                return
            if (request.method, request.path) == ("GET", "/events"):
                await self._stream(wire)
                return
            await wire.send(self._answer(request))
            if not wire.next():
                return

    def _check(self, request: _Request) -> None:
        if not self._guard.knows_host(request.headers):
            raise _Refused(HTTPStatus.MISDIRECTED_REQUEST)
        brings_token = request.path == "/" and "token" in request.query
        if not brings_token and not self._guard.may_enter(request.headers):
            raise _Refused(HTTPStatus.UNAUTHORIZED)
        if request.method not in ("GET", "POST"):
            raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED)
        if request.method == "POST" and not self._guard.comes_from_the_page(request.headers):
            raise _Refused(HTTPStatus.FORBIDDEN)

    def _answer(self, request: _Request) -> _Response:
        if request.method == "POST":
            return self._obey(request)
        if request.path == "/" and "token" in request.query:
            return self._let_in(request.query["token"][0])
        if request.path == "/state":
            return _Response(HTTPStatus.OK, self._snapshot(), {"Content-Type": "application/json"})
        if request.path not in _FILES:
            return _Response(HTTPStatus.NOT_FOUND)
        name, kind = _FILES[request.path]
        body = (resources.files("edge.service.page") / "static" / name).read_bytes()
        return _Response(HTTPStatus.OK, body, {"Content-Type": kind})

    def _let_in(self, token: str) -> _Response:
        if not self._guard.is_token(token):
            return _Response(HTTPStatus.UNAUTHORIZED, HTTPStatus.UNAUTHORIZED.phrase.encode())
        cookie: SimpleCookie = SimpleCookie({COOKIE: token})
        cookie[COOKIE]["httponly"] = True
        cookie[COOKIE]["samesite"] = "Strict"
        cookie[COOKIE]["path"] = "/"
        set_cookie = cookie.output(header="").strip()
        return _Response(HTTPStatus.SEE_OTHER, headers={"Location": "/", "Set-Cookie": set_cookie})

    def _obey(self, request: _Request) -> _Response:
        if request.path != "/mute":
            return _Response(HTTPStatus.NOT_FOUND)
        if request.headers.get("content-type") != "application/json":
            return _Response(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            command = json.loads(request.body)
        except (ValueError, RecursionError):
            command = None
        if not isinstance(command, dict) or set(command) != {"sensor", "muted"}:
            return _Response(HTTPStatus.BAD_REQUEST)
        sensor, muted = command["sensor"], command["muted"]
        if not isinstance(muted, bool) or not (sensor is None or self._view.has_sensor(sensor)):
            return _Response(HTTPStatus.BAD_REQUEST)
        self._mute(sensor, muted)
        return _Response(HTTPStatus.NO_CONTENT)

    async def _stream(self, wire: _Wire) -> None:
        """Send the snapshot whenever it has changed, until the browser goes."""
        await wire.begin({"Content-Type": "text/event-stream"})
        sent = b""
        silent_s = 0.0
        while not wire.gone:
            snapshot = self._snapshot()
            if snapshot != sent:
                sent, silent_s = snapshot, 0.0
                await wire.write(b"data: " + snapshot + b"\n\n")
            elif silent_s >= _SPEAK_EVERY_S:
                silent_s = 0.0
                await wire.write(b": still here\n\n")
            await asyncio.sleep(_LOOK_EVERY_S)
            silent_s += _LOOK_EVERY_S

    def _snapshot(self) -> bytes:
        return json.dumps(self._view.snapshot(), separators=(",", ":")).encode()


class _Wire:
    """One connection: whole requests in, responses out."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_HEADER_BYTES)

    @property
    def gone(self) -> bool:
        """Whether the other side has closed."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def receive(self) -> _Request | None:
        """Read one request; None when the other side has closed."""
        try:
            head = await self._event()
            if not isinstance(head, h11.Request):
                return None
            body = bytearray()
            while isinstance(part := await self._event(), h11.Data):
                body += part.data
                if len(body) > _MOST_BODY_BYTES:
                    raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except h11.RemoteProtocolError as error:
            raise _Refused(HTTPStatus(error.error_status_hint)) from error
        path, _, query = head.target.decode("latin-1").partition("?")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head.headers}
        return _Request(head.method.decode(), path, parse_qs(query), headers, bytes(body))

    async def send(self, response: _Response, *, close: bool = False) -> None:
        """Send one response."""
        headers = {**_HEADERS, **response.headers, "Content-Length": str(len(response.body))}
        if response.status is HTTPStatus.NO_CONTENT:
            del headers["Content-Length"]
        if close:
            headers["Connection"] = "close"
        await self._send(
            h11.Response(status_code=response.status, headers=[*headers.items()]),
            h11.Data(data=response.body),
            h11.EndOfMessage(),
        )

    async def begin(self, headers: dict[str, str]) -> None:
        """Send the head of a response without an end."""
        await self._send(h11.Response(status_code=200, headers=[*{**_HEADERS, **headers}.items()]))

    async def write(self, data: bytes) -> None:
        """Send a part of the response that was begun."""
        await self._send(h11.Data(data=data))

    def next(self) -> bool:
        """Get ready for the next request; False when the connection ends here."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._reader.read(_CHUNK_BYTES))
        return event  # type: ignore[return-value]

    async def _send(self, *events: h11.Event) -> None:
        for event in events:
            if data := self._http.send(event):
                self._writer.write(data)
        await self._writer.drain()
