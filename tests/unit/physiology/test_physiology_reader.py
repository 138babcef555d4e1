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
