"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.errors import EdgeError


class Verdict(StrEnum):
    """How a check went; only `fail` keeps something from working."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor; `error` lets the command line add its usual advice where there is none."""

    check: str
    verdict: Verdict
    detail: str
    advice: str = ""
    error: EdgeError | None = None
