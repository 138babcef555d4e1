from __future__ import annotations

import hashlib
import io
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

import recordings
from edge.capture.replay import make_source
from edge.capture.replay.options import ReplayAudio, ReplayEcg, ReplayEda
from edge.clock import VirtualClock, run

if TYPE_CHECKING:
    from pathlib import Path

    from edge.capture.replay.options import ReplayKinds
    from edge.signals import Sample


def played(options: ReplayKinds) -> list[Sample]:
    clock = VirtualClock()

    async def play() -> list[Sample]:
        return [sample async for sample in make_source("it", options, clock=clock).samples()]

    return run(play(), clock=clock)


def test_the_simulated_skin_is_the_same_each_time_and_rises_under_stress(tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    recordings.make_skin(first)
    recordings.make_skin(second)
    assert first.read_bytes() == second.read_bytes()
    skin_us = np.concatenate(
        [sample.skin_conductance_us for sample in played(ReplayEda(kind="replay_eda", path=first))]
    )
    minutes = skin_us.reshape(5, -1)
    assert np.isfinite(skin_us).all()
    assert 1.0 < skin_us.min() < skin_us.max() < 20.0
    variation = minutes.std(axis=1)
    assert min(variation[1], variation[3]) > max(variation[0], variation[2])


def test_the_ecg_keeps_its_rate_and_unit(tmp_path: Path) -> None:
    original = io.BytesIO()
    ecg_mv = np.sin(np.arange(3600) / 30)
    np.savez(original, ecg=ecg_mv)
    recordings.make_ecg(original.getvalue(), tmp_path / "ecg.npz")
    samples = played(ReplayEcg(kind="replay_ecg", path=tmp_path / "ecg.npz"))
    assert {sample.rate_hz for sample in samples} == {360.0}
    np.testing.assert_allclose(np.concatenate([sample.ecg_mv for sample in samples]), ecg_mv, atol=1e-6)


def test_the_sentence_is_the_original_with_quiet_around_it(tmp_path: Path) -> None:
    digest = hashlib.sha256(recordings.SPEECH.read_bytes()).hexdigest()
    assert digest == "1b850392f8c87ee2efe5a686523f1bab61d2a38d59bc43d1127e17e406f9e57d"
    recordings.make_voice(tmp_path / "voice.wav")
    chunks = played(ReplayAudio(kind="replay_audio", path=tmp_path / "voice.wav"))
    seconds = np.concatenate([chunk.samples for chunk in chunks]).reshape(recordings.VOICE_S, -1)
    spoken = np.flatnonzero(np.abs(seconds).max(axis=1) > 0.05)
    assert spoken.tolist() == [4, 5, 6, 7]


def test_the_scene_ends_with_nobody_in_it(tmp_path: Path) -> None:
    wall, person = 40, 200
    picture = np.full((64, 96, 3), wall, np.uint8)
    picture[16:, 24:] = person
    frames = [av.VideoFrame.from_ndarray(picture, "rgb24") for _ in range(10)]
    recordings.write_video(tmp_path / "clip.mp4", frames, rate=Fraction(10), size=(96, 64))
    recordings.make_scene((tmp_path / "clip.mp4").read_bytes(), tmp_path / "scene.mp4")
    with av.open(str(tmp_path / "scene.mp4")) as container:
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(shown) == 10 + 10 * recordings.EMPTY_S
    assert shown[5].max() > 150
    assert shown[-1].max() < 80
