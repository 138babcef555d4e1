"""Every kind of source that a config can name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from edge.capture.camera.options import CameraKinds
from edge.capture.i2c.options import I2cKinds
from edge.capture.microphone.options import MicrophoneOptions
from edge.capture.replay.options import RecordingOptions, ReplayKinds
from edge.capture.wearable.options import WearableKinds
from edge.signals import Modality

if TYPE_CHECKING:
    from collections.abc import Mapping

SourceKinds = ReplayKinds | CameraKinds | MicrophoneOptions | WearableKinds | I2cKinds
SourceOptions = Annotated[SourceKinds, Field(discriminator="kind")]

_SENSED_OTHERWISE: Final[Mapping[str, Modality]] = {
    "replay_video": Modality.FACE,
    "replay_audio": Modality.SPEECH,
    "picamera2": Modality.FACE,
    "v4l2": Modality.FACE,
    "microphone": Modality.SPEECH,
}


def modality_of(options: SourceKinds) -> Modality:
    """Which reader takes the samples of a source."""
    return _SENSED_OTHERWISE.get(options.kind, Modality.PHYSIOLOGY)


def is_recording(options: SourceKinds) -> bool:
    """Whether the source plays a file rather than a device."""
    return isinstance(options, RecordingOptions)
