"""Options of each kind of recording in the config, told apart by `kind`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from edge.capture.wearer import WearerOptions
from edge.options import ConfigPath, Options


class RecordingOptions(Options):
    """What all recordings share."""

    path: ConfigPath
    """The file."""
    loop: bool = False
    """Begin again at the end, for ever."""
    start_s: Annotated[float, Field(ge=0)] = 0.0
    """Leave out so many seconds at the beginning."""


class ReplayVideo(RecordingOptions):
    """Pictures of a video file, in any format that FFmpeg reads."""

    kind: Literal["replay_video"]
    rate_hz: Annotated[float, Field(gt=0, le=240)] | None = None
    """Pictures a second at the most; all of them when unset."""
    max_side_px: Annotated[int, Field(ge=64, le=8192)] | None = None
    """Scale down so that no side is longer."""


class ReplayAudio(RecordingOptions):
    """Sound of an audio or video file, mixed to mono and resampled to 16 kHz."""

    kind: Literal["replay_audio"]


class SeriesOptions(RecordingOptions, WearerOptions):
    """A signal of one wearer, from CSV or npz."""

    rate_hz: Annotated[float, Field(gt=0, le=10_000)] | None = None
    """Samples a second; needed where the file has neither `time_s` nor `rate_hz`."""


class ReplayEcg(SeriesOptions):
    """ECG: column or array `ecg_mv`, millivolts."""

    kind: Literal["replay_ecg"]


class ReplayPulse(SeriesOptions):
    """Photoplethysmogram: column or array `pulse`, any unit."""

    kind: Literal["replay_pulse"]


class ReplayEda(SeriesOptions):
    """Skin conductance: column or array `skin_conductance_us`, microsiemens."""

    kind: Literal["replay_eda"]


class ReplayRr(RecordingOptions, WearerOptions):
    """Beat to beat intervals: column or array `rr_ms`, milliseconds, one row a beat."""

    kind: Literal["replay_rr"]


ReplayKinds = ReplayVideo | ReplayAudio | ReplayEcg | ReplayPulse | ReplayEda | ReplayRr
