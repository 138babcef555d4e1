"""The topics of one node."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """`<prefix>/<node>/...`, as `docs/topics.md` describes it."""

    prefix: str
    node: str
    discovery_prefix: str

    @property
    def root(self) -> str:
        """What every topic of the node begins with."""
        return f"{self.prefix}/{self.node}"

    @property
    def status(self) -> str:
        """`online` or `offline`, retained; the will."""
        return f"{self.root}/status"

    @property
    def info(self) -> str:
        """What the node is and which promise it keeps, retained."""
        return f"{self.root}/info"

    @property
    def health(self) -> str:
        """How the node is doing, retained."""
        return f"{self.root}/health"

    def state(self, zone: str) -> str:
        """Releases of a zone, never retained."""
        return f"{self.root}/zone/{zone}/state"

    def history(self, zone: str) -> str:
        """Every release of a zone once the broker is there, in order, never retained."""
        return f"{self.root}/zone/{zone}/history"

    @property
    def mute_set(self) -> str:
        """Command: mute all sensors."""
        return f"{self.root}/mute/set"

    @property
    def mute_state(self) -> str:
        """Whether all sensors are muted, retained."""
        return f"{self.root}/mute/state"

    def sensor_status(self, sensor: str) -> str:
        """How a sensor is doing, retained."""
        return f"{self.root}/sensor/{sensor}/status"

    def sensor_mute_set(self, sensor: str) -> str:
        """Command: mute one sensor."""
        return f"{self.root}/sensor/{sensor}/mute/set"

    def sensor_mute_state(self, sensor: str) -> str:
        """Whether a sensor is muted, retained."""
        return f"{self.root}/sensor/{sensor}/mute/state"

    @property
    def nudge(self) -> str:
        """A hint to the wearer, never retained."""
        return f"{self.root}/nudge"

    @property
    def pacer(self) -> str:
        """`in` and `out` while breathing is paced, never retained."""
        return f"{self.root}/nudge/pacer"

    @property
    def breathe(self) -> str:
        """Command: pace the breath now."""
        return f"{self.root}/nudge/now"

    @property
    def not_now(self) -> str:
        """Command: no hints for a while."""
        return f"{self.root}/nudge/not_now"

    @property
    def discovery(self) -> str:
        """Home Assistant's device discovery topic for the node, retained."""
        return f"{self.discovery_prefix}/device/edge_affect_{self.node}/config"

    @property
    def home_assistant_status(self) -> str:
        """Where Home Assistant says that it is `online`."""
        return f"{self.discovery_prefix}/status"
