"""How the device is doing, as coarse as others may know it: like `Release`, a value that may leave."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from edge.release import PAYLOAD_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable


class Share(StrEnum):
    """Up to one in a thousand, up to one in twenty, more; `unknown` until a day is over."""

    UNKNOWN = "unknown"
    NONE = "none"
    SOME = "some"
    MUCH = "much"


class Heat(StrEnum):
    """Of the processor: below 70 degrees, below 80, or so hot that it slows down; `unknown` as above."""

    UNKNOWN = "unknown"
    COOL = "cool"
    WARM = "warm"
    HOT = "hot"


@dataclass(frozen=True, slots=True)
class Health:
    """How one node is doing.

    Attributes
    ----------
    running_h
        Whole hours since it was started.
    broker_losses
        How often the connection to the broker was lost.
    restarts
        How often each sensor, by its name, was opened again; only sensors that others may know of.
    lost, failed, heat
        On the worst day so far: share of samples dropped, share of samples that a reader could not work
        with, and how hot it was. They can only rise, once a day; `unknown` in the profile `public`.
    """

    running_h: int
    broker_losses: int
    restarts: tuple[tuple[str, int], ...]
    lost: Share = Share.UNKNOWN
    failed: Share = Share.UNKNOWN
    heat: Heat = Heat.UNKNOWN

    def payload(self) -> dict[str, object]:
        """Make the JSON object that is published."""
        return {
            "v": PAYLOAD_VERSION,
            "running_h": self.running_h,
            "broker_losses": self.broker_losses,
            "restarts": dict(self.restarts),
            "lost": self.lost.value,
            "failed": self.failed.value,
            "heat": self.heat.value,
        }


def exposition(health: Health) -> str:
    """Write it in the text format of Prometheus (version 0.0.4)."""
    return "".join(
        [
            *_metric("running_hours", "gauge", "Whole hours since the start.", [("", health.running_h)]),
            *_metric(
                "broker_losses_total",
                "counter",
                "Connections to the broker lost.",
                [("", health.broker_losses)],
            ),
            *_metric(
                "sensor_restarts_total",
                "counter",
                "How often a sensor was opened again.",
                [(f'{{sensor="{name}"}}', count) for name, count in health.restarts],
            ),
            *_bands("samples_lost", "Share of samples dropped on the worst day.", health.lost),
            *_bands("samples_failed", "Share of samples not read on the worst day.", health.failed),
            *_bands("heat", "Heat of the processor on the worst day.", health.heat),
        ]
    )


def _bands(name: str, about: str, now: Share | Heat) -> Iterable[str]:
    samples = [(f'{{band="{band}"}}', int(band is now)) for band in type(now)]
    return _metric(name, "gauge", about, samples)


def _metric(name: str, kind: str, about: str, samples: Iterable[tuple[str, int]]) -> Iterable[str]:
    yield f"# HELP edge_affect_{name} {about}\n# TYPE edge_affect_{name} {kind}\n"
    for labels, value in samples:
        yield f"edge_affect_{name}{labels} {value}\n"
