"""Heart and skin: samples of wearables in, stress and arousal out."""

from __future__ import annotations

from edge.physiology.baseline import Baseline
from edge.physiology.reader import PhysiologyReader

__all__ = ["Baseline", "PhysiologyReader"]
