from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

import benchmark
import recordings
from edge.clock import VirtualClock
from edge.signals import SkinConductance

if TYPE_CHECKING:
    from pathlib import Path


class Clock(VirtualClock):
    at_s = 10.0

    def now_s(self) -> float:
        return self.at_s


def test_the_stopwatch_counts_from_the_first_sample() -> None:
    clock = Clock()
    stopwatch = benchmark.Stopwatch(clock, began_s=0.0)
    stopwatch.on_release(None)
    stopwatch.on_sample(SkinConductance("skin", 10.0, 4.0, np.zeros(1)))
    clock.at_s = 14.5
    stopwatch.on_release(None)
    clock.at_s = 20.0
    stopwatch.on_release(None)
    for ms in range(1, 101):
        stopwatch.on_stage("face", ms / 1000)
    report = stopwatch.report(60.0)
    assert report["first_release_s"] == 4.5
    assert report["stages"]["face"] == {
        "calls": 100,
        "ms_p50": pytest.approx(50.5),
        "ms_p95": pytest.approx(95.05),
    }
    assert 10 < report["peak_rss_mb"] < 4000
    assert json.loads(json.dumps(report)) == report


def test_a_run_without_a_release_tells_so() -> None:
    report = benchmark.Stopwatch(VirtualClock(), began_s=0.0).report(1.0)
    assert report["first_release_s"] is None


def test_the_report_says_what_is_over_its_budget() -> None:
    report = benchmark.Stopwatch(VirtualClock(), began_s=0.0).report(1.0)
    report |= {"machine": "m", "speed": 1.0, "cpu_s_per_input_s": 0.3, "budgets": {"cpu_s_per_input_s": 0.25}}
    report |= {"within_budget": {"cpu_s_per_input_s": False}, "decoding_cpu_s_per_input_s": 0.02}
    assert "OVER the budget of 0.25" in "\n".join(benchmark.told(report))


def test_the_benchmark_films_the_person_at_its_own_rate_and_shape(tmp_path: Path) -> None:
    frames = [av.VideoFrame(640, 360, "yuv420p") for _ in range(48)]
    recordings.write_video(tmp_path / "scene.mp4", frames, rate=Fraction(24), size=(640, 360))
    with av.open(str(tmp_path / "scene.mp4")) as scene:
        filmed = list(benchmark._with_a_face(scene, 1.0))
    assert len(filmed) == 15
    assert {(frame.width, frame.height) for frame in filmed} == {(480, 360)}
