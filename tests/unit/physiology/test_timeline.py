from __future__ import annotations

import numpy as np

from edge.physiology.timeline import Timeline


def test_chunks_with_jitter_join_without_a_gap():
    timeline = Timeline()
    timeline.join(10.0, 100.0, np.zeros(100))
    begun, samples = timeline.join(11.02, 100.0, np.ones(100))
    assert not begun
    assert samples.tolist() == [1.0] * 100


def test_a_lost_packet_becomes_nan():
    timeline = Timeline()
    timeline.join(10.0, 100.0, np.zeros(100))
    _, samples = timeline.join(11.5, 100.0, np.ones(10))
    assert np.isnan(samples).sum() == 50
    assert samples[50:].tolist() == [1.0] * 10


def test_a_duplicate_is_dropped_and_an_overlap_cut():
    timeline = Timeline()
    timeline.join(10.0, 100.0, np.zeros(100))
    assert not len(timeline.join(10.0, 100.0, np.zeros(100))[1])
    assert len(timeline.join(10.5, 100.0, np.ones(100))[1]) == 50


def test_a_reordered_packet_is_dropped():
    timeline = Timeline()
    for start_s in (10.0, 11.0, 12.0):
        timeline.join(start_s, 100.0, np.zeros(100))
    assert not len(timeline.join(11.0, 100.0, np.ones(100))[1])


def test_a_clock_that_jumps_starts_afresh():
    for jump_s in (-500.0, 500.0):
        timeline = Timeline()
        timeline.join(1000.0, 100.0, np.zeros(100))
        begun, samples = timeline.join(1000.0 + jump_s, 100.0, np.ones(100))
        assert begun
        assert len(samples) == 100
        assert timeline.start_s == 1000.0 + jump_s


def test_another_rate_starts_afresh():
    timeline = Timeline()
    timeline.join(0.0, 100.0, np.zeros(100))
    assert timeline.join(1.0, 130.0, np.zeros(130))[0]
