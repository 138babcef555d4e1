from __future__ import annotations

import math
import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from edge.capture import make_sources
from edge.capture.options import SourceKinds
from edge.capture.replay.options import ReplayAudio, ReplayEcg, ReplayEda, ReplayRr, ReplayVideo
from edge.clock import Pace, RealClock, VirtualClock, run
from edge.errors import SourceError, SourceReason
from edge.signals import Sample

RATE_HZ = 44_100


def played(
    options: SourceKinds, *, limit: int | None = None, looks_hz: float = math.inf
) -> list[tuple[float, Sample]]:
    """Samples with the virtual second at which each was handed on."""
    clock = VirtualClock()

    async def main() -> list[tuple[float, Sample]]:
        out: list[tuple[float, Sample]] = []
        samples = make_sources({"it": options}, clock=clock, looks_hz=looks_hz)["it"].samples()
        async for sample in samples:
            out.append((clock.now_s(), sample))
            if len(out) == limit:
                await samples.aclose()  # type: ignore[attr-defined]
                break
        return out

    return run(main(), clock=clock)


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """One second of 440 Hz, on the left channel only; the right one is dead."""
    left = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.stack([left, 0 * left], 1) * 32767).astype("<i2").tobytes())
    return path


def write_clip(path: Path, *, pictures: int = 20) -> Path:
    """Pictures at 10 a second, the upper half white, ever brighter below."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(pictures):
            rgb = np.full((48, 64, 3), 10 * index, np.uint8)
            rgb[:24] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4")


def test_sound_is_mixed_and_resampled_to_16_khz(tone: Path) -> None:
    out = played(ReplayAudio(kind="replay_audio", path=tone))
    samples = np.concatenate([sample.samples for _, sample in out])  # type: ignore[union-attr]
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(16_000, abs=20)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * 16_000 / len(samples) == pytest.approx(440, abs=2)
    assert np.abs(samples).max() == pytest.approx(0.25, abs=0.02)


def test_each_sample_is_handed_on_when_its_last_value_was_taken(tone: Path) -> None:
    out = played(ReplayAudio(kind="replay_audio", path=tone))
    assert [at_s for at_s, _ in out] == pytest.approx([sample.end_s for _, sample in out])  # type: ignore[union-attr]
    assert out[0][1].start_s == 0.0  # type: ignore[union-attr]


def test_pictures_come_upright_in_time_and_thinned_out(clip: Path) -> None:
    out = played(ReplayVideo(kind="replay_video", path=clip, rate_hz=5, max_side_px=64))
    assert [at_s for at_s, _ in out] == pytest.approx(np.arange(0, 2, 0.2))
    first: Any = out[0][1]
    assert first.rgb.shape == (48, 64, 3)
    assert first.rgb[:20].mean() > 240 > 30 > first.rgb[28:].mean()


def test_a_replay_is_the_same_each_time(clip: Path) -> None:
    options = ReplayVideo(kind="replay_video", path=clip)
    once, again = played(options), played(options)
    assert [at_s for at_s, _ in once] == [at_s for at_s, _ in again]
    assert all(np.array_equal(a.rgb, b.rgb) for (_, a), (_, b) in zip(once, again, strict=True))  # type: ignore[union-attr]


def test_real_time_replay_decodes_beside_the_loop(tone: Path) -> None:
    clock = RealClock(speed=20)

    async def main() -> int:
        source = make_sources({"it": ReplayAudio(kind="replay_audio", path=tone)}, clock=clock)["it"]
        return sum([len(sample.samples) async for sample in source.samples()])  # type: ignore[union-attr]

    assert run(main(), clock=clock) == pytest.approx(16_000, abs=20)


def test_a_loop_goes_on_in_time_and_leaves_out_the_beginning(tone: Path) -> None:
    options = ReplayAudio(kind="replay_audio", path=tone, loop=True, start_s=0.4)
    out = played(options, limit=8)
    starts_s = np.array([sample.start_s for _, sample in out])  # type: ignore[union-attr]
    assert np.all(np.diff(starts_s) > 0.02)
    assert starts_s[-1] == pytest.approx(1.4, abs=0.05)


@pytest.mark.parametrize(
    ("pictures", "looks_hz", "a_round"), [(20, math.inf, 20), (4, 5.0, 2), (3, 1.0, 1), (1, 1.0, 1)]
)
def test_a_film_loops_however_short_it_is_and_lasts_as_long_each_time(
    tmp_path: Path, pictures: int, looks_hz: float, a_round: int
) -> None:
    clip = write_clip(tmp_path / "short.mp4", pictures=pictures)
    options = ReplayVideo(kind="replay_video", path=clip, loop=True)
    out = played(options, limit=5 * a_round, looks_hz=looks_hz)
    begins_s = [at_s for at_s, _ in out[::a_round]]
    assert begins_s == pytest.approx([0.1 * pictures * number for number in range(5)])
    assert [sample.taken_s for _, sample in out] == pytest.approx([at_s for at_s, _ in out])  # type: ignore[union-attr]


@pytest.mark.parametrize("start_s", [1.9, 1.95, 2.0, 60.0])
def test_a_film_of_which_nothing_is_left_to_play_ends(clip: Path, start_s: float) -> None:
    assert not played(ReplayVideo(kind="replay_video", path=clip, loop=True, start_s=start_s))


def test_signals_come_from_npz_and_csv(tmp_path: Path) -> None:
    ecg_mv = np.sin(np.arange(500) / 10)
    np.savez(tmp_path / "ecg.npz", ecg_mv=ecg_mv, rate_hz=250.0)
    out = played(ReplayEcg(kind="replay_ecg", path=tmp_path / "ecg.npz"))
    assert np.array_equal(np.concatenate([sample.ecg_mv for _, sample in out]), ecg_mv)  # type: ignore[union-attr]
    assert out[-1][0] == pytest.approx(2.0)

    rows = "\n".join(f"{index / 4},{2 + index / 100}" for index in range(40))
    (tmp_path / "eda.csv").write_text(f"time_s,skin_conductance_us\n{rows}\n")
    eda: Any = played(ReplayEda(kind="replay_eda", path=tmp_path / "eda.csv"))
    assert eda[0][1].rate_hz == pytest.approx(4.0)
    assert len(eda) == 40

    (tmp_path / "rr.csv").write_text("rr_ms\n800\nnan\n1e300\n900\n")
    rr = played(ReplayRr(kind="replay_rr", path=tmp_path / "rr.csv"))
    assert [at_s for at_s, _ in rr] == pytest.approx([0.8, 0.8, 0.8, 1.7])


def test_what_is_infinite_counts_as_lost(tmp_path: Path) -> None:
    (tmp_path / "ecg.csv").write_text("ecg_mv\n0.1\ninf\n-inf\n0.2\n")
    out: Any = played(ReplayEcg(kind="replay_ecg", path=tmp_path / "ecg.csv", rate_hz=250))
    assert np.isnan(out[0][1].ecg_mv).tolist() == [False, True, True, False]


BAD: dict[str, tuple[Callable[[Path], SourceKinds], SourceReason, str]] = {
    "missing video": (
        lambda d: ReplayVideo(kind="replay_video", path=d / "no.mp4"),
        SourceReason.UNREADABLE,
        "No such file",
    ),
    "missing signal": (
        lambda d: ReplayEcg(kind="replay_ecg", path=d / "no.csv"),
        SourceReason.UNREADABLE,
        "no such file",
    ),
    "not a video": (
        lambda d: ReplayVideo(kind="replay_video", path=d / "noise.bin"),
        SourceReason.UNREADABLE,
        "cannot read",
    ),
    "sound without pictures": (
        lambda d: ReplayVideo(kind="replay_video", path=d / "tone.wav"),
        SourceReason.UNSUPPORTED,
        "no video",
    ),
    "not a signal": (
        lambda d: ReplayEcg(kind="replay_ecg", path=d / "noise.npz"),
        SourceReason.UNREADABLE,
        "damaged",
    ),
    "words": (
        lambda d: ReplayEcg(kind="replay_ecg", path=d / "words.csv"),
        SourceReason.UNREADABLE,
        "not a number",
    ),
    "empty": (lambda d: ReplayEcg(kind="replay_ecg", path=d / "empty.csv"), SourceReason.UNREADABLE, "empty"),
    "another column": (
        lambda d: ReplayEda(kind="replay_eda", path=d / "ecg.csv"),
        SourceReason.UNREADABLE,
        "skin_conductance_us",
    ),
    "no rate": (
        lambda d: ReplayEcg(kind="replay_ecg", path=d / "ecg.csv"),
        SourceReason.WRONG_RATE,
        "rate_hz",
    ),
    "too slow": (
        lambda d: ReplayEcg(kind="replay_ecg", path=d / "ecg.csv", rate_hz=10),
        SourceReason.WRONG_RATE,
        "50 to",
    ),
    "two rates": (
        lambda d: ReplayEda(kind="replay_eda", path=d / "skin.csv", rate_hz=8),
        SourceReason.WRONG_RATE,
        "says 4 samples a second, the config 8",
    ),
    "uneven time": (
        lambda d: ReplayEcg(kind="replay_ecg", path=d / "uneven.csv"),
        SourceReason.WRONG_RATE,
        "even steps",
    ),
    "only NaN": (
        lambda d: ReplayEcg(kind="replay_ecg", path=d / "nan.csv", rate_hz=250),
        SourceReason.UNREADABLE,
        "no numbers",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_recordings_are_told(case: str, tmp_path: Path, tone: Path) -> None:
    (tmp_path / "noise.bin").write_bytes(np.random.default_rng(0).bytes(5000))
    (tmp_path / "noise.npz").write_bytes(np.random.default_rng(0).bytes(5000))
    (tmp_path / "words.csv").write_text("ecg_mv\n0.1\nhello\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "ecg.csv").write_text("ecg_mv\n0.1\n0.2\n")
    (tmp_path / "skin.csv").write_text("time_s,skin_conductance_us\n0,2\n0.25,2\n0.5,2\n")
    (tmp_path / "uneven.csv").write_text("time_s,ecg_mv\n0,0\n0.004,0\n3,0\n3.5,1\n9,1\n")
    (tmp_path / "nan.csv").write_text("ecg_mv\nnan\nnan\n")
    make, reason, words = BAD[case]
    with pytest.raises(SourceError, match=words) as caught:
        played(make(tmp_path))
    assert caught.value.reason is reason


def test_a_clip_that_breaks_off_is_played_up_to_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Matroska needs no index at its end, so that a part of it can be decoded.
    whole = write_clip(tmp_path / "clip.mkv")
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 0 < len(played(ReplayVideo(kind="replay_video", path=broken))) < 20


def test_pictures_that_nobody_will_look_at_are_left_out(tmp_path: Path) -> None:
    options = ReplayVideo(kind="replay_video", path=write_clip(tmp_path / "clip.mp4"))
    reader = Pace(3.0)
    looked_at_s = [at_s for at_s, _ in played(options) if reader.is_due(at_s)]
    assert [at_s for at_s, _ in played(options, looks_hz=3.0)] == looked_at_s
    assert len(looked_at_s) == 7
