"""Muting: who may do it, who may undo it, the switch at the housing and the light beside it."""

from __future__ import annotations
