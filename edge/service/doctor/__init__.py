"""Looks for what keeps the device from working, and says what to do."""

from __future__ import annotations

from edge.service.doctor.checks import Subject, examine
from edge.service.doctor.finding import Finding, Verdict

__all__ = ["Finding", "Subject", "Verdict", "examine"]
