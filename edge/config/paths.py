"""Moved: import `ConfigPath` from `edge.options`."""

from __future__ import annotations

from edge.options import ConfigPath

__all__ = ["ConfigPath"]
