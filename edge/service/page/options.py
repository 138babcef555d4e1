"""The `page` section of a config."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from edge.options import ConfigPath, Options
from edge.publish.options import is_loopback


class PageOptions(Options):
    """A page in the browser, on this machine unless said otherwise."""

    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback needs a token."""
    port: int = Field(default=8377, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    token_env: str | None = None
    """Environment variable that holds the token."""
    token_file: ConfigPath | None = None
    """File that holds the token in its first line."""
    names: tuple[str, ...] = ()
    """Further host names under which the page may be opened, e.g. that of a reverse proxy."""

    @property
    def wants_token(self) -> bool:
        """Whether a token was configured."""
        return self.token_env is not None or self.token_file is not None

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.token_env is not None and self.token_file is not None:
            raise ValueError("give token_env or token_file, not both")
        if not is_loopback(self.host) and not self.wants_token:
            raise ValueError(
                f"the page on {self.host} could be opened by others: set token_env or token_file"
            )
        return self
