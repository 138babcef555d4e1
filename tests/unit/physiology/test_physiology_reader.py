from __future__ import annotations

import numpy as np
import pytest
from unit.physiology.hearts import beat_times, ecg, in_chunks, pulse, skin

from edge.physiology import Baseline, PhysiologyReader
from edge.physiology.options import PhysiologyOptions
from edge.physiology.stress import WITHOUT_BASELINE
from edge.signals import EcgChunk, HeartBeats, Modality, PulseChunk, SkinConductance

START_S = 1000.0


def chunks(kind, signal, rate_hz, *, name="sensor", start_s=START_S):
    size = int(rate_hz)
    return [
        kind(name, start_s + index * size / rate_hz, rate_hz, part)
        for index, part in enumerate(in_chunks(signal, size))
    ]


def heart(seconds, **how):
    return chunks(EcgChunk, ecg(beat_times(seconds, **how), seconds, 130), 130)


def sweat(seconds, **how):
    return chunks(SkinConductance, skin(seconds, 4, **how), 4, name="palm")


def read(reader, *streams):
    samples = sorted((sample for stream in streams for sample in stream), key=lambda sample: sample.start_s)
    return [affect for sample in samples for affect in reader.read(sample)]


@pytest.fixture
def reader(store):
    return PhysiologyReader(PhysiologyOptions(), store=store)


def test_heart_and_skin_make_one_reading_every_five_seconds(reader):
    readings = read(reader, heart(90), sweat(90))
    assert 10 <= len(readings) <= 14
    assert {reading.who for reading in readings} == {reader.who}
    last = readings[-1]
    assert last.modality is Modality.PHYSIOLOGY
    assert not last.mask.any()
    assert last.valence is None
    assert last.end_s - last.start_s == pytest.approx(60)
    assert last.quality == pytest.approx(WITHOUT_BASELINE, abs=0.05)


def test_says_nothing_before_there_is_evidence(reader):
    assert read(reader, heart(28), sweat(28)) == []


@pytest.mark.parametrize("alone", [heart, sweat])
def test_one_signal_is_enough_for_a_lower_quality(store, alone):
    both = read(PhysiologyReader(PhysiologyOptions(), store=store), heart(80), sweat(80))
    one = read(PhysiologyReader(PhysiologyOptions(), store=store), alone(80))
    assert 0 < one[-1].quality < both[-1].quality


def test_rest_becomes_the_baseline_and_raises_the_quality(store):
    reader = PhysiologyReader(PhysiologyOptions(rest_s=180), store=store)
    readings = read(reader, heart(220), sweat(220))
    assert isinstance(reader.baseline, Baseline)
    assert readings[-1].quality > 1.8 * readings[20].quality


def test_a_racing_heart_and_sweating_skin_mean_more_stress_than_rest(store):
    calm = PhysiologyReader(PhysiologyOptions(rest_s=180), store=store)
    at_rest = read(calm, heart(240, bpm=62), sweat(240))[-1]
    aroused = [
        *chunks(EcgChunk, ecg(beat_times(120, bpm=95), 120, 130), 130, start_s=START_S + 240),
        *chunks(
            SkinConductance,
            skin(120, 4, level_us=5.5, onsets_s=range(3, 120, 6)),
            4,
            name="palm",
            start_s=START_S + 240,
        ),
    ]
    stressed = read(calm, aroused)[-1]
    assert stressed.stress > at_rest.stress + 0.2
    assert stressed.arousal > at_rest.arousal + 0.5


def test_intervals_of_a_strap_and_a_pulse_wave_are_hearts_too(store):
    beats_s = beat_times(80)
    counted = [
        HeartBeats("strap", np.array([START_S + beat]), np.array([rr_s * 1000]))
        for beat, rr_s in zip(beats_s[1:], np.diff(beats_s), strict=True)
    ]
    by_strap = PhysiologyReader(PhysiologyOptions(), store=store)
    by_pulse = PhysiologyReader(PhysiologyOptions(), store=store)
    strap = [affect for beats in counted for affect in by_strap.read(beats)]
    wrist = read(by_pulse, chunks(PulseChunk, pulse(beats_s, 80, 64), 64))
    assert strap
    assert wrist
    assert strap[-1].stress == pytest.approx(wrist[-1].stress, abs=0.1)


@pytest.mark.parametrize(
    "sample",
    [
        EcgChunk("e", START_S, 130.0, np.empty(0)),
        EcgChunk("e", START_S, 130.0, np.full(130, np.nan)),
        EcgChunk("e", START_S, 130.0, np.full(130, np.inf)),
        EcgChunk("e", float("nan"), 130.0, np.zeros(130)),
        EcgChunk("e", START_S, 0.0, np.zeros(130)),
        EcgChunk("e", START_S, 3.0, np.zeros(30)),
        PulseChunk("p", START_S, 1.0, np.zeros(30)),
        SkinConductance("s", START_S, 0.1, np.zeros(3)),
        SkinConductance("s", START_S, 4.0, np.full(40, -1.0)),
        HeartBeats("h", np.array([np.nan, START_S]), np.array([800.0, 0.0])),
        HeartBeats("h", np.empty(0), np.empty(0)),
    ],
)
def test_bad_samples_are_borne_in_silence(reader, sample):
    for _ in range(3):
        assert reader.read(sample) == []
    assert read(reader, heart(80))


def test_a_flat_ecg_lowers_the_quality_and_claims_nothing(reader):
    flat = chunks(EcgChunk, np.zeros(130 * 80), 130)
    assert read(reader, flat) == []


def test_a_strap_put_on_upside_down_reads_the_same(store):
    signal = ecg(beat_times(80), 80, 130)
    upright = read(PhysiologyReader(PhysiologyOptions(), store=store), chunks(EcgChunk, signal, 130))
    upside = read(PhysiologyReader(PhysiologyOptions(), store=store), chunks(EcgChunk, -signal, 130))
    assert [a.stress for a in upside] == pytest.approx([a.stress for a in upright], abs=0.01)


def test_lost_duplicated_and_reordered_packets_do_not_invent_beats(store):
    packets = heart(100)
    mangled = [*packets[:40], packets[38], *packets[42:60], packets[61], packets[60], *packets[62:]]
    clean = read(PhysiologyReader(PhysiologyOptions(), store=store), packets)
    rough = PhysiologyReader(PhysiologyOptions(), store=store)
    readings = [affect for packet in mangled for affect in rough.read(packet)]
    assert readings[-1].arousal == pytest.approx(clean[-1].arousal, abs=0.1)
    assert readings[-1].quality <= clean[-1].quality


def test_a_clock_that_jumps_back_starts_afresh(reader):
    assert read(reader, heart(80))
    earlier = chunks(EcgChunk, ecg(beat_times(80), 80, 130), 130, start_s=10.0)
    readings = [affect for packet in earlier for affect in reader.read(packet)]
    assert readings
    assert readings[-1].end_s < 100


def breathed(seconds, *, pace_per_min, swing_ms):
    """Intervals of a strap whose wearer breathes at a pace."""
    rng = np.random.default_rng(11)
    at_s, samples = 0.0, []
    while at_s < seconds:
        rr_ms = 880 + swing_ms * np.sin(2 * np.pi * pace_per_min / 60 * at_s) + 12 * rng.standard_normal()
        at_s += rr_ms / 1000
        samples.append(HeartBeats("strap", np.array([START_S + at_s]), np.array([rr_ms])))
    return samples


def breathing_of(store, samples, *, known=None, **options):
    reader = PhysiologyReader(
        PhysiologyOptions(paced_breathing=True, **options), store=store, recall=lambda: known
    )
    return [affect.breathing for sample in samples for affect in reader.read(sample)]


def test_a_heart_that_follows_the_pace_is_coherent_and_one_that_does_not_is_not(store):
    following = breathing_of(store, breathed(150, pace_per_min=6.0, swing_ms=80))
    straying = breathing_of(store, breathed(150, pace_per_min=6.0, swing_ms=2))
    assert following[-1].coherence > 0.85
    assert straying[-1].coherence < 0.45


def test_coherence_waits_for_its_minute(store):
    found = breathing_of(store, breathed(150, pace_per_min=6.0, swing_ms=80))
    assert found[0] is None
    assert all(one is not None for one in found[8:])


def test_the_pace_is_the_wearers_own_once_it_is_known(store):
    samples = breathed(100, pace_per_min=5.0, swing_ms=60)
    own = Baseline(np.full(7, np.nan), breaths_per_minute=5.2)
    assert breathing_of(store, samples)[-1].breaths_per_minute == 6.0
    assert breathing_of(store, samples, breaths_per_minute=5.5)[-1].breaths_per_minute == 5.5
    assert breathing_of(store, samples, known=own)[-1].breaths_per_minute == 5.2


def test_no_breath_is_paced_unless_wanted(store):
    reader = PhysiologyReader(PhysiologyOptions(), store=store)
    samples = breathed(100, pace_per_min=6.0, swing_ms=60)
    assert {affect.breathing for sample in samples for affect in reader.read(sample)} == {None}


def test_nothing_is_said_of_coherence_when_the_intervals_are_torn(store):
    samples = breathed(150, pace_per_min=6.0, swing_ms=80)
    rng = np.random.default_rng(12)
    torn = [HeartBeats("strap", one.at_s, one.rr_ms * rng.choice([0.5, 1.0, 1.6])) for one in samples]
    assert breathing_of(store, torn)[-1] is None


@pytest.mark.data
def test_coherence_of_a_real_strap(store, data_dir):
    with np.load(data_dir / "physiology" / "samples" / "polar_h10_ecg_130hz_unlabelled.npz") as arrays:
        signal = arrays["ecg_uv"] / 1000
    samples = chunks(EcgChunk, signal, 130)
    assert len(samples) > 60
    found = [one for one in breathing_of(store, samples) if one]
    assert found
    assert all(0 <= one.coherence <= 1 for one in found)


def test_a_kept_baseline_outlives_forgetting_and_a_running_one_does_not(store):
    own = Baseline(np.zeros(7))
    keeping = PhysiologyReader(PhysiologyOptions(), store=store, recall=lambda: own)
    running = PhysiologyReader(PhysiologyOptions(rest_s=180), store=store)
    read(running, heart(200))
    assert running.baseline is not None
    for reader in (keeping, running):
        reader.forget()
    assert keeping.baseline is own
    assert running.baseline is None
    read(running, heart(200))
    assert running.baseline is not None


def test_noise_over_the_ecg_lowers_the_quality_step_by_step(store):
    signal = ecg(beat_times(80), 80, 130)
    noise = np.random.default_rng(13).standard_normal(len(signal))
    qualities = []
    for level in (0.0, 0.05, 0.1, 0.15, 0.2):
        reader = PhysiologyReader(PhysiologyOptions(), store=store)
        readings = read(reader, chunks(EcgChunk, signal + level * noise, 130))
        qualities.append(readings[-1].quality if readings else 0.0)
    assert np.all(np.diff(qualities) < 0)
