"""Who may see the page: the rules, apart from the server."""

from __future__ import annotations

import hmac
import os
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from edge.errors import ConfigError, Problem
from edge.publish.options import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.service.page.options import PageOptions

COOKIE: Final = "edge-affect-page"
_SHORTEST_TOKEN: Final = 16


class Guard:
    """Decides on requests by their headers.

    The `Host` must be one that the page is served under, so that a foreign name that resolves to
    this machine (DNS rebinding) gets nothing; what changes something must come from the page itself.

    Parameters
    ----------
    options
        Where the page is served, and where its token is found.
    token
        Takes the place of the one that the options name.

    Raises
    ------
    ConfigError
        The token cannot be read or is too short.
    """

    def __init__(self, options: PageOptions, *, token: str | None = None) -> None:
        self._token = token or _read_token(options)
        self._loopback = is_loopback(options.host)
        self._names = {options.host, *options.names}

    def knows_host(self, headers: Mapping[str, str]) -> bool:
        """Whether the page is served under the name that was asked for."""
        try:
            name = urlsplit(f"//{headers.get('host', '')}").hostname
        except ValueError:
            return False
        if name is None:
            return False
        return name in self._names or is_loopback(name) or (not self._loopback and _is_address(name))

    def may_enter(self, headers: Mapping[str, str]) -> bool:
        """Whether the token is right, or none is needed."""
        if self._token is None:
            return True
        given = headers.get("authorization", "").removeprefix("Bearer ") or _cookie(headers)
        return self.is_token(given)

    def is_token(self, given: str) -> bool:
        """Compare in constant time."""
        return self._token is not None and hmac.compare_digest(given.encode(), self._token.encode())

    def comes_from_the_page(self, headers: Mapping[str, str]) -> bool:
        """Whether a request that changes something was made by the page, not by another site."""
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return False
        origin = headers.get("origin")
        return origin is None or origin.partition("://")[2] == headers.get("host")


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _is_address(name: str) -> bool:
    return all(part.isdigit() for part in name.split(".")) or ":" in name


def _read_token(options: PageOptions) -> str | None:
    if options.token_env is not None:
        token, key = os.environ.get(options.token_env, ""), "page.token_env"
    elif options.token_file is not None:
        key = "page.token_file"
        try:
            token = options.token_file.read_text(encoding="utf-8").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise _problem(key, f"cannot be read: {error}") from error
    else:
        return None
    if len(token) < _SHORTEST_TOKEN:
        raise _problem(key, f"the token must have {_SHORTEST_TOKEN} characters or more")
    return token


def _problem(key: str, message: str) -> ConfigError:
    return ConfigError([Problem(file="config", line=0, column=0, key=key, message=message)])
