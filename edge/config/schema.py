"""The whole configuration, assembled from the options of the rooms."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from edge.capture.mute.options import MuteOptions
from edge.capture.options import SourceOptions, is_recording, modality_of
from edge.face.options import FaceOptions
from edge.fusion.options import FusionOptions
from edge.gate.options import DeploymentOptions, PrivacyOptions, conflicts
from edge.inference.options import InferenceOptions
from edge.options import ConfigPath, Options
from edge.physiology.options import PhysiologyOptions
from edge.publish.options import PublishOptions
from edge.release import Profile
from edge.service.page.options import PageOptions
from edge.signals import Modality
from edge.speech.options import SpeechOptions

Slug = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class ReaderOptions(Options):
    """The readers; one that has no source costs nothing."""

    face: FaceOptions = FaceOptions()
    """Faces in video."""
    speech: SpeechOptions = SpeechOptions()
    """Voices in audio."""
    physiology: PhysiologyOptions = PhysiologyOptions()
    """Heart and skin of a wearer."""


class ReplayOptions(Options):
    """How recordings are played."""

    speed: Annotated[float, Field(gt=0, le=1000)] | Literal["max"] = 1.0
    """Times real time, or `max`: as fast as possible on a virtual clock, the same each time."""


class Config(Options):
    """One device in one zone."""

    node: Slug = "edge-affect"
    """Name of this device in MQTT topics and in Home Assistant."""
    zone: Slug = "room"
    """The room or area that this device speaks for."""
    presets: tuple[str, ...] = ()
    """Shipped files of `board_configs/` that lie under this one; later ones lie over earlier ones."""
    deployment: DeploymentOptions = DeploymentOptions()
    """Where and by whom the device is used."""
    privacy: PrivacyOptions = PrivacyOptions()
    """What may leave the device. Read from local files only."""
    sources: Annotated[dict[Slug, SourceOptions], Field(min_length=1)]
    """The sensors and recordings, by a name of your choice."""
    mute: MuteOptions = MuteOptions()
    """The switch and the indicator light at the housing."""
    readers: ReaderOptions = ReaderOptions()
    """What reads the samples."""
    fusion: FusionOptions = FusionOptions()
    """How readings become one state."""
    publish: PublishOptions = PublishOptions()
    """Where releases go."""
    page: PageOptions | None = None
    """The local page in the browser; none when unset."""
    inference: InferenceOptions = InferenceOptions()
    """How models are run."""
    replay: ReplayOptions = ReplayOptions()
    """How recordings are played."""
    state_directory: ConfigPath | None = None
    """Where the budget ledger and consent records are kept; the user's state directory when unset."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        senses = [modality_of(source) for source in self.sources.values()]
        cameras, microphones = senses.count(Modality.FACE), senses.count(Modality.SPEECH)
        for key, message in conflicts(
            self.privacy, self.deployment, cameras=cameras, microphones=microphones
        ):
            raise PydanticCustomError("conflict", "{reason}", {"key": key, "reason": message})
        if self.replay.speed == "max" and not all(map(is_recording, self.sources.values())):
            raise PydanticCustomError(
                "conflict",
                "{reason}",
                {"key": "replay.speed", "reason": "`max` works with recordings only; live sensors need 1.0"},
            )
        if self.publish.history is not None and self.privacy.profile is not Profile.PUBLIC:
            raise PydanticCustomError(
                "conflict",
                "{reason}",
                {"key": "publish.history", "reason": "only the windows of the profile public may be stored"},
            )
        if self.publish.player is not None and self.privacy.profile is not Profile.PUBLIC:
            raise PydanticCustomError(
                "conflict",
                "{reason}",
                {"key": "publish.player", "reason": "content is told in the profile public only"},
            )
        if self.publish.nudge is not None and self.privacy.profile is not Profile.PERSONAL:
            raise PydanticCustomError(
                "conflict",
                "{reason}",
                {"key": "publish.nudge", "reason": "stress is known in the profile personal only"},
            )
        return self
