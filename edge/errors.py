"""The one error tree.

EdgeError
 +- ConfigError     the configuration cannot be used; carries every `Problem` at once
 +- SourceError     a sensor or recording cannot be read; `SourceReason` says why
 +- DecodeError     bytes of a wearable make no sense
 +- ModelError      a model is missing, altered or cannot run; `ModelReason` says why
 +- PublishError    the broker refuses or is away; `PublishReason` says why
 +- ConsentError    a sensor may not be used without a consent record
 +- BudgetError     the privacy budget ledger cannot be used
 +- BaselineError   a kept baseline cannot be written or read
 +- AnalysisError   recordings cannot be analysed; `AnalysisReason` says why

Errors carry facts as attributes. Advice to the user and exit codes live in the command line alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EdgeError(Exception):
    """Anything that edge-affect can explain to its user."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a configuration; `line` and `column` start at 1, 0 when unknown."""

    file: str
    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class ConfigError(EdgeError):
    """The configuration cannot be used."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class SourceReason(StrEnum):
    """Why a source cannot be read."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    WRONG_RATE = "wrong_rate"
    NOT_INSTALLED = "not_installed"
    PERMISSION = "permission"
    BUSY = "busy"
    DISCONNECTED = "disconnected"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"


class SourceError(EdgeError):
    """A sensor or recording cannot be read."""

    def __init__(self, source: str, reason: SourceReason, detail: str) -> None:
        super().__init__(f"{source}: {detail}")
        self.source = source
        self.reason = reason
        self.detail = detail


class DecodeError(EdgeError):
    """Bytes of a wearable make no sense; `payload` is never logged."""

    def __init__(self, decoder: str, detail: str) -> None:
        super().__init__(f"{decoder}: {detail}")
        self.decoder = decoder
        self.detail = detail


class ModelReason(StrEnum):
    """Why a model cannot be used."""

    MISSING = "missing"
    ALTERED = "altered"
    UNSIGNED = "unsigned"
    OLDER = "older"
    INCOMPATIBLE = "incompatible"
    NO_RUNTIME = "no_runtime"
    LICENCE = "licence"


class ModelError(EdgeError):
    """A model is missing, altered or cannot run."""

    def __init__(self, model: str, reason: ModelReason, detail: str) -> None:
        super().__init__(f"model {model}: {detail}")
        self.model = model
        self.reason = reason
        self.detail = detail


class PublishReason(StrEnum):
    """Why nothing reaches the broker."""

    AWAY = "away"
    REFUSED = "refused"
    TLS = "tls"


class PublishError(EdgeError):
    """The broker refuses or is away."""

    def __init__(self, broker: str, reason: PublishReason, detail: str) -> None:
        super().__init__(f"{broker}: {detail}")
        self.broker = broker
        self.reason = reason
        self.detail = detail


class ConsentError(EdgeError):
    """A sensor may not be used without a consent record."""

    def __init__(self, sensor: str, detail: str) -> None:
        super().__init__(f"{sensor}: {detail}")
        self.sensor = sensor
        self.detail = detail


class BudgetError(EdgeError):
    """The privacy budget ledger cannot be used; the gate publishes nothing then."""


class BaselineError(EdgeError):
    """A kept baseline cannot be written or read."""


class AnalysisReason(StrEnum):
    """Why there is no report."""

    NO_RECORDING = "no_recording"
    BAD_CONTENT = "bad_content"
    BAD_OPTION = "bad_option"
    NOBODY = "nobody"
    WITHHELD = "withheld"
    CONSENT = "consent"
    PUBLIC = "public"
    OUTPUT_EXISTS = "output_exists"
    OUTPUT_REFUSED = "output_refused"


class AnalysisError(EdgeError):
    """Recordings cannot be analysed, or the report may not be written."""

    def __init__(self, reason: AnalysisReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
