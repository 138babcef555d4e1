"""A small HTTP server for one site on this machine: static files, one live snapshot, a few commands."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import SimpleCookie
from importlib import resources
from typing import TYPE_CHECKING, Final

import h11

from edge.errors import ConfigError, Problem
from edge.service.page.guard import COOKIE
from edge.service.page.wire import MOST_HEADER_BYTES, Refused, Request, Response, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edge.service.page.guard import Guard
    from edge.service.page.options import PageOptions

_MOST_CONNECTIONS: Final = 32
_REQUEST_TIMEOUT_S: Final = 10.0
_SPEAK_EVERY_S: Final = 15.0
_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}
_DOCUMENT: Final = {
    "Content-Type": _TYPES["html"],
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


@dataclass(frozen=True, slots=True)
class Site:
    """What a server serves.

    Attributes
    ----------
    files
        Path and name of each file of `static/`.
    snapshot
        Everything that is shown now, as JSON values; sent on `/events` whenever it has changed.
    commands
        Path, and what takes the JSON that is posted there; False when it makes no sense.
    documents
        Path and content of self-contained pages without scripts.
    texts
        Path and what writes the plain text that is there now.
    look_every_s
        How often the snapshot is compared with the one before.
    """

    files: Mapping[str, str]
    snapshot: Callable[[], dict[str, object]]
    commands: Mapping[str, Callable[[object], bool]] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    look_every_s: float = 0.5


class WebServer:
    """Serves a site until `stop`.

    Parameters
    ----------
    options
        Where to listen.
    guard
        Who may come in.
    site
        What is served.
    """

    def __init__(self, options: PageOptions, guard: Guard, site: Site) -> None:
        self._options = options
        self._guard = guard
        self._site = site
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self.watchers = 0

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
            self._server = await asyncio.start_server(self._accept, host, port, limit=MOST_HEADER_BYTES)
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
                await self._converse(Wire(reader, writer))
        except (OSError, TimeoutError, h11.ProtocolError):
            pass  # the other side went, took too long, or does not speak HTTP
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            del self._open[writer]

    async def _converse(self, wire: Wire) -> None:
        while True:
            try:
                async with asyncio.timeout(_REQUEST_TIMEOUT_S):
                    request = await wire.receive()
                if request is None:
                    return
                self._check(request)
            except Refused as refusal:
                await wire.send(Response(refusal.status, refusal.status.phrase.encode()), close=True)
                return
            if (request.method, request.path) == ("GET", "/events"):
                await self._stream(wire)
                return
            await wire.send(self._answer(request))
            if not wire.next():
                return

    def _check(self, request: Request) -> None:
        if not self._guard.knows_host(request.headers):
            raise Refused(HTTPStatus.MISDIRECTED_REQUEST)
        brings_token = request.path == "/" and "token" in request.query
        if not brings_token and not self._guard.may_enter(request.headers):
            raise Refused(HTTPStatus.UNAUTHORIZED)
        if request.method not in ("GET", "POST"):
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED)
        if request.method == "POST" and not self._guard.comes_from_the_page(request.headers):
            raise Refused(HTTPStatus.FORBIDDEN)

    def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            return self._obey(request)
        if request.path == "/" and "token" in request.query:
            return self._let_in(request.query["token"][0])
        if request.path == "/state":
            return Response(HTTPStatus.OK, self._snapshot(), {"Content-Type": "application/json"})
        if written := self._written(request.path):
            return written
        name = self._site.files.get(request.path)
        if name is None:
            return Response(HTTPStatus.NOT_FOUND)
        body = (resources.files("edge.service.page") / "static" / name).read_bytes()
        return Response(HTTPStatus.OK, body, {"Content-Type": _TYPES[name.rpartition(".")[2]]})

    def _written(self, path: str) -> Response | None:
        if document := self._site.documents.get(path):
            return Response(HTTPStatus.OK, document.encode(), dict(_DOCUMENT))
        if write := self._site.texts.get(path):
            return Response(HTTPStatus.OK, write().encode(), {"Content-Type": "text/plain; charset=utf-8"})
        return None

    def _let_in(self, token: str) -> Response:
        if not self._guard.is_token(token):
            return Response(HTTPStatus.UNAUTHORIZED, HTTPStatus.UNAUTHORIZED.phrase.encode())
        cookie: SimpleCookie = SimpleCookie({COOKIE: token})
        cookie[COOKIE]["httponly"] = True
        cookie[COOKIE]["samesite"] = "Strict"
        cookie[COOKIE]["path"] = "/"
        set_cookie = cookie.output(header="").strip()
        return Response(HTTPStatus.SEE_OTHER, headers={"Location": "/", "Set-Cookie": set_cookie})

    def _obey(self, request: Request) -> Response:
        take = self._site.commands.get(request.path)
        if take is None:
            return Response(HTTPStatus.NOT_FOUND)
        if request.headers.get("content-type") != "application/json":
            return Response(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            command = json.loads(request.body)
        except (ValueError, RecursionError):
            return Response(HTTPStatus.BAD_REQUEST)
        return Response(HTTPStatus.NO_CONTENT if take(command) else HTTPStatus.BAD_REQUEST)

    async def _stream(self, wire: Wire) -> None:
        """Send the snapshot whenever it has changed, until the browser goes."""
        await wire.begin({"Content-Type": "text/event-stream"})
        sent = b""
        silent_s = 0.0
        self.watchers += 1
        try:
            while not wire.gone:
                snapshot = self._snapshot()
                if snapshot != sent:
                    sent, silent_s = snapshot, 0.0
                    await wire.write(b"data: " + snapshot + b"\n\n")
                elif silent_s >= _SPEAK_EVERY_S:
                    silent_s = 0.0
                    await wire.write(b": still here\n\n")
                await asyncio.sleep(self._site.look_every_s)
                silent_s += self._site.look_every_s
        finally:
            self.watchers -= 1

    def _snapshot(self) -> bytes:
        return json.dumps(self._site.snapshot(), separators=(",", ":")).encode()
