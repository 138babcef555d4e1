"""One connection: h11 reads the bytes of whole requests, asyncio moves them."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

import h11

if TYPE_CHECKING:
    import asyncio

MOST_HEADER_BYTES: Final = 8 * 1024
_MOST_BODY_BYTES: Final = 1024
_CHUNK_BYTES: Final = 4096
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
class Request:
    """What was asked; header names are in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered; `headers` come over those that every answer has."""

    status: HTTPStatus
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818  # it is an answer
    """A request that is answered with nothing but its status."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Wire:
    """Whole requests in, responses out."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEADER_BYTES)

    @property
    def gone(self) -> bool:
        """Whether the other side has closed."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def receive(self) -> Request | None:
        """Read one request; None when the other side has closed."""
        try:
            head = await self._event()
            if not isinstance(head, h11.Request):
                return None
            body = bytearray()
            while isinstance(part := await self._event(), h11.Data):
                body += part.data
                if len(body) > _MOST_BODY_BYTES:
                    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except h11.RemoteProtocolError as error:
            raise Refused(HTTPStatus(error.error_status_hint)) from error
        path, _, query = head.target.decode("latin-1").partition("?")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head.headers}
        return Request(head.method.decode(), path, parse_qs(query), headers, bytes(body))

    async def send(self, response: Response, *, close: bool = False) -> None:
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
