from __future__ import annotations

import io

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from demonstration.plain import lines
from demonstration.screen import Screen
from demonstration.watch import Watch
from demonstration.words import REASONS, colour_of, gist, ranking
from edge.capture.supervisor import SourceState, SourceStatus
from edge.errors import SourceReason
from edge.gate.decision import Decision, Reason
from edge.release import Level, Profile, Release, State
from edge.signals import Affect, AudioChunk, EcgChunk, Modality, RoomState, SkinConductance, VideoFrame

SOURCES = {
    "camera": Modality.FACE,
    "microphone": Modality.SPEECH,
    "chest_strap": Modality.PHYSIOLOGY,
    "simulated_skin": Modality.PHYSIOLOGY,
}
HAPPY = np.array([0.12, 0.70, 0.08, 0.04, 0.02, 0.02, 0.01, 0.01])
KNOWN = np.ones(8, dtype=bool)


class Heard:
    releases = 0
    others = 0
    last_payload = b""


def face() -> Affect:
    return Affect(Modality.FACE, 1, 0.0, 1.0, HAPPY, KNOWN, 0.6, 0.4, 0.84)


def wearer() -> Affect:
    return Affect(Modality.PHYSIOLOGY, 2, 0.0, 1.0, np.zeros(8), ~KNOWN, None, 0.2, 0.41, stress=0.37)


def release(state: State = State.HAPPINESS) -> Release:
    return Release("living_room", Profile.PERSONAL, 359_073_741, 6.0, state, 0.5, 0.25, Level.LOW, Level.HIGH)


def watched(reason: Reason = Reason.ALLOWED, *, windows: int = 3) -> Watch:
    watch = Watch(SOURCES)
    for name in SOURCES:
        watch.on_source_status(SourceStatus(name, SourceState.OK, 0.0, None, "", 0, 1))
    for index in range(31):
        watch.on_sample(VideoFrame("camera", index / 15, np.zeros((360, 640, 3), np.uint8)))
    watch.on_sample(AudioChunk("microphone", 0.0, np.zeros(1600, np.float32)))
    watch.on_sample(EcgChunk("chest_strap", 0.0, 360.0, np.zeros(90)))
    watch.on_sample(SkinConductance("simulated_skin", 0.0, 4.0, np.zeros(1)))
    for affect in (face(), wearer()):
        watch.on_affect(affect)
    watch.on_room(RoomState(5.0, HAPPY, 0.55, 0.32, 0.7, 0.37, (face(), wearer()), {}))
    for _ in range(windows):
        watch.on_decision(Decision("living_room", 1, Profile.PERSONAL, reason))
        watch.on_release(release(State.HAPPINESS if reason is Reason.ALLOWED else State.INSUFFICIENT))
        watch.on_lamps({"wled/lamp": "#f9c635"})
    return watch


def drawn(watch: Watch, *, width: int, heard: Heard | None = None) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None, force_terminal=True)
    screen = Screen(
        watch,
        heard or Heard(),
        title="living_room, personal",
        topic="edge-affect/demo/zone/living_room/state",
        progress_s=lambda: (43.0, 60.0),
    )
    with console.capture() as capture:
        console.print(screen)
    return capture.get()


@pytest.mark.parametrize("width", [80, 100, 140, 200])
@pytest.mark.parametrize("reason", list(Reason))
def test_the_screen_fits_its_terminal_and_cuts_no_word(width: int, reason: Reason) -> None:
    heard = Heard()
    heard.releases, heard.last_payload = 3, release().encode()
    text = drawn(watched(reason), width=width, heard=heard)
    assert all(cell_len(line) <= width for line in text.splitlines())
    assert len(text.splitlines()) <= 23
    assert "…" not in text
    assert REASONS[reason] in text
    assert "simulated_skin" in text


def test_the_screen_shows_what_is_sensed_fused_and_published() -> None:
    heard = Heard()
    heard.releases, heard.last_payload = 1, release().encode()
    text = drawn(watched(), width=140, heard=heard)
    for shown in ("640x360 15/s", "16 kHz", "360 Hz", "happiness 70%", "stress 37%", "#f9c635", "+0.55"):
        assert shown in text
    assert '"state":"happiness"' in text


def test_an_untouched_screen_draws() -> None:
    text = drawn(Watch(SOURCES), width=80)
    assert "nothing yet" in text
    assert "the first window is open" in text


def test_a_broken_source_tells_why() -> None:
    watch = watched()
    watch.on_source_status(
        SourceStatus("camera", SourceState.FAILED, 1.0, SourceReason.UNREADABLE, "it is empty", 0, 0)
    )
    assert "it is empty" in drawn(watch, width=140)


def test_a_reading_that_fusion_dropped_is_no_longer_shown() -> None:
    watch = watched()
    watch.on_room(RoomState(99.0, np.zeros(8), None, None, 0.0, None, (), {}))
    assert not watch.readings


def test_plain_lines_tell_the_whole_window() -> None:
    watch = watched(Reason.NO_EVIDENCE, windows=1)
    text = "\n".join(lines(watch, watch.windows[-1]))
    assert "withheld, little evidence" in text
    assert '"state":"insufficient"' in text
    assert "simulated_skin: ok 4 Hz" in text
    assert watch.closed == 1
    assert watch.published == 0


def test_every_reason_and_state_has_words_and_a_colour() -> None:
    assert set(REASONS) == set(Reason)
    assert all(len(colour_of(state)) == 7 for state in State)


def test_words_for_readings_with_and_without_classes() -> None:
    assert ranking(face())[0] == ("happiness", pytest.approx(0.7))
    assert gist(wearer()) == "stress 37%"
