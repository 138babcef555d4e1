"""The view for pipes and logs: a few lines for each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demonstration.words import REASONS, gist

if TYPE_CHECKING:
    from demonstration.watch import Watch, Window


def lines(watch: Watch, window: Window) -> list[str]:
    """What was sensed, fused, decided and published at the end of a window."""
    said = [f"window {window.number}"]
    for name, source in watch.sources.items():
        why = f": {source.detail}" if source.detail else ""
        said.append(f"  sensor     {name}: {source.state}{why} {source.flow}".rstrip())
    for modality, affect in watch.readings.items():
        said.append(f"  sensed     {modality}: {gist(affect)} (quality {affect.quality:.2f})")
    if watch.room is not None:
        said.append(f"  fused      {gist(watch.room)} (quality {watch.room.quality:.2f}; private)")
    said.append(f"  gate       {REASONS[window.decision.reason]}")
    said.append(f"  published  {window.release.encode().decode().rstrip()}")
    said += [f"  lamp       {name} {colour}" for name, colour in window.colours.items()]
    return said
