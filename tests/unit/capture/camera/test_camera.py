from __future__ import annotations

import asyncio
import contextlib
import errno
import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import av
import numpy as np
import pytest

from edge.capture.camera import make_source
from edge.capture.camera.options import Picamera2Options, V4l2Options
from edge.capture.camera.source import Camera, Picture
from edge.capture.camera.v4l2 import find_device
from edge.clock import RealClock
from edge.errors import SourceError, SourceReason

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from pathlib import Path

    from edge.signals import VideoFrame

USB = V4l2Options(kind="v4l2")
RED, BLUE = (200, 40, 40), (40, 40, 200)
RIBBON = Picamera2Options(kind="picamera2", width_px=320, height_px=240)


async def first(source: Any, count: int) -> list[VideoFrame]:
    samples: AsyncGenerator[VideoFrame, None] = source.samples()
    async with contextlib.aclosing(samples), asyncio.timeout(60):
        return [await anext(samples) for _ in range(count)]


class Ticking:
    """A clock that the camera itself drives."""

    is_virtual = False

    def __init__(self) -> None:
        self.s = 0.0

    def now_s(self) -> float:
        return self.s


@pytest.mark.parametrize("camera_hz", [5, 10, 12, 15, 30, 60])
def test_no_more_pictures_than_asked_for_are_converted(camera_hz: int) -> None:
    clock: Any = Ticking()
    converted = 0

    def convert() -> Picture:
        nonlocal converted
        converted += 1
        return Picture(np.zeros((2, 2, 3), np.uint8))

    def pictures(_: threading.Event, is_due: Callable[[], bool]) -> Generator[Any, None, None]:
        for i in range(20 * camera_hz):
            clock.s = i / camera_hz + 0.003 * (i % 3)
            if is_due():
                yield convert()

    camera = Camera("door", USB.model_copy(update={"rate_hz": 10.0}), clock=clock, pictures=pictures)
    frames = list(camera._frames(threading.Event()))
    assert converted == len(frames)
    assert min(10, camera_hz) * 20 * 0.75 <= len(frames) <= 10.5 * 20


def test_pictures_that_nobody_will_look_at_are_not_converted() -> None:
    clock: Any = Ticking()

    def pictures(_: threading.Event, is_due: Callable[[], bool]) -> Generator[Any, None, None]:
        for i in range(20 * 30):
            clock.s = i / 30
            if is_due():
                yield Picture(np.zeros((2, 2, 3), np.uint8))

    camera = Camera("door", USB, clock=clock, pictures=pictures, looks_hz=2)
    assert 2 * 20 <= len(list(camera._frames(threading.Event()))) <= 2 * 20 / 0.75
    assert camera.stale_after_s == 3.0
    seldom = Camera("door", USB, clock=clock, pictures=pictures, looks_hz=0.5)
    assert seldom.stale_after_s == 10.0


@pytest.mark.parametrize(
    ("rotation", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))]
)
async def test_rotation_is_clockwise(rotation: int, corner: tuple[int, int]) -> None:
    def pictures(_: threading.Event, is_due: Callable[[], bool]) -> Generator[Any, None, None]:
        picture = np.zeros((20, 30, 3), np.uint8)
        picture[0, 0] = 255
        assert is_due()
        yield Picture(picture, small=picture[::2, ::2])

    options = USB.model_copy(update={"rotation": rotation})
    (frame,) = await first(Camera("door", options, clock=RealClock(), pictures=pictures), 1)
    assert frame.rgb[corner].tolist() == [255, 255, 255]
    assert frame.rgb.shape == ((20, 30, 3) if rotation % 180 == 0 else (30, 20, 3))
    assert frame.rgb.flags.c_contiguous
    assert frame.small is not None
    assert frame.small[corner].tolist() == [255, 255, 255]
    assert frame.small.shape == ((10, 15, 3) if rotation % 180 == 0 else (15, 10, 3))


def test_cameras_are_found_by_name_wherever_they_are(tmp_path: Path) -> None:
    for node, title, index in (
        ("video0", "bcm2835-isp", 0),
        ("video10", "HD Webcam C920", 0),
        ("video9", "HD Webcam C920", 1),
    ):
        (tmp_path / node).mkdir()
        (tmp_path / node / "name").write_text(title + "\n")
        (tmp_path / node / "index").write_text(f"{index}\n")
    assert find_device("door", "*c920*", sysfs=tmp_path) == "/dev/video10"
    assert find_device("door", "/dev/video3", sysfs=tmp_path) == "/dev/video3"
    with pytest.raises(SourceError) as caught:
        find_device("door", "*kinect*", sysfs=tmp_path)
    assert caught.value.reason is SourceReason.MISSING


async def test_missing_video4linux_device() -> None:
    source = make_source(
        "door", V4l2Options(kind="v4l2", device="/dev/video_that_is_not_there"), clock=RealClock()
    )
    with pytest.raises(SourceError) as caught:
        await first(source, 1)
    assert caught.value.reason is SourceReason.MISSING


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EACCES, SourceReason.PERMISSION),
        (errno.EBUSY, SourceReason.BUSY),
        (errno.ENODEV, SourceReason.DISCONNECTED),
        (errno.ENOTTY, SourceReason.UNSUPPORTED),
        (errno.EINVAL, SourceReason.UNSUPPORTED),
        (errno.EIO, SourceReason.DISCONNECTED),
    ],
)
async def test_video4linux_errors_say_why(
    monkeypatch: pytest.MonkeyPatch, code: int, reason: SourceReason
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        av.error.err_check(-code)

    monkeypatch.setattr(av, "open", refuse)
    with pytest.raises(SourceError) as caught:
        await first(make_source("door", USB, clock=RealClock()), 1)
    assert caught.value.reason is reason


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENODEV, errno.EIO, errno.ENOTTY])
async def test_camera_that_gave_pictures_and_fails_was_unplugged(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    class Container:
        streams = SimpleNamespace(video=[None])

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def demux(self, _: None) -> Generator[Any, None, None]:
            yield SimpleNamespace(decode=lambda: [av.VideoFrame(2, 2, "yuv420p")])
            av.error.err_check(-code)

    monkeypatch.setattr(av, "open", lambda *_, **__: Container())
    with pytest.raises(SourceError) as caught:
        await first(make_source("door", USB, clock=RealClock()), 2)
    assert caught.value.reason is SourceReason.DISCONNECTED


async def test_pictures_come_through_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    real_open, asked = av.open, {}

    def pattern(*_: Any, options: dict[str, str], **more: str) -> Any:
        asked.update(options, **more)
        return real_open("testsrc=size=320x240:rate=30:duration=0.5", format="lavfi")

    monkeypatch.setattr(av, "open", pattern)
    options = V4l2Options(kind="v4l2", width_px=320, height_px=240, rate_hz=60, format="mjpeg")
    source = make_source("door", options, clock=RealClock())
    frames = await first(source, 1)
    assert asked == {"format": "v4l2", "video_size": "320x240", "framerate": "60.0", "input_format": "mjpeg"}
    assert frames[0].rgb.shape == (240, 320, 3)
    assert len(np.unique(frames[0].rgb)) > 5
    with pytest.raises(SourceError) as caught:
        await first(source, 1000)
    assert caught.value.reason is SourceReason.DISCONNECTED


PADDING = 16


def yuv420(width: int, height: int, *, padding: int) -> np.ndarray:
    """A picture, red on the left and blue on the right, as picamera2 hands out rows with padding."""
    rgb = np.zeros((height, width + padding, 3), np.uint8)
    rgb[:, : width // 2], rgb[:, width // 2 : width] = RED, BLUE
    planes: np.ndarray = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(format="yuv420p").to_ndarray()
    assert planes.shape == (height * 3 // 2, width + padding)
    return planes


class FakePicamera2:
    """What `ribbon` uses of picamera2."""

    present: ClassVar[list[dict[str, Any]]] = [
        {"Model": "imx219", "Id": "/base/i2c@1/imx219@10"},
        {"Model": "imx708_wide", "Id": "/base/i2c@0/imx708@1a"},
    ]
    made: ClassVar[list[FakePicamera2]] = []
    fails: type[Exception] | None = None

    def __init__(self, number: int) -> None:
        self.number = number
        self.is_open = True
        self.asked: dict[str, Any] = {}
        self.out = 0
        self.made.append(self)

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return cls.present

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        return {"lores": None, **asked}

    def camera_configuration(self) -> dict[str, Any]:
        return self.asked

    def configure(self, asked: dict[str, Any]) -> None:
        self.asked = asked

    def start(self) -> None:
        if self.fails is RuntimeError:
            raise RuntimeError("no such mode")

    def capture_request(self, *, wait: float) -> Any:
        if self.fails is TimeoutError:
            raise TimeoutError
        self.out += 1
        arrays = {"main": np.full((*self.asked["main"]["size"][::-1], 3), 7, np.uint8)}
        if self.asked["lores"]:
            arrays["lores"] = yuv420(*self.asked["lores"]["size"], padding=PADDING)

        def release() -> None:
            self.out -= 1
            for array in arrays.values():
                array[:] = 0

        return SimpleNamespace(make_array=arrays.__getitem__, release=release)

    def close(self) -> None:
        self.is_open = False


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch) -> type[FakePicamera2]:
    module = ModuleType("picamera2")
    module.Picamera2 = FakePicamera2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    monkeypatch.setattr(FakePicamera2, "made", [])
    monkeypatch.setattr(FakePicamera2, "fails", None)
    return FakePicamera2


async def test_ribbon_camera_gives_pictures_and_is_closed(picamera2: type[FakePicamera2]) -> None:
    options = RIBBON.model_copy(update={"camera": "IMX708", "night": True, "gain": 4.0, "rate_hz": 60.0})
    frames = await first(make_source("door", options, clock=RealClock()), 3)
    assert all(frame.rgb.shape == (240, 320, 3) and (frame.rgb == 7).all() for frame in frames)
    (camera,) = picamera2.made
    assert (camera.number, camera.is_open, camera.out) == (1, False, 0)
    assert camera.asked["main"] == {"size": (320, 240), "format": "BGR888"}
    assert camera.asked["lores"] is None
    assert frames[0].small is None
    assert camera.asked["controls"] == {"FrameDurationLimits": (16667, 250_000), "AnalogueGain": 4.0}


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((640, 480), (320, 240)),
        ((1280, 720), (320, 180)),
        ((1640, 1232), (320, 240)),
        ((480, 640), (240, 320)),
    ],
)
async def test_ribbon_camera_makes_the_small_picture_itself(
    picamera2: type[FakePicamera2], size: tuple[int, int], small: tuple[int, int]
) -> None:
    options = RIBBON.model_copy(update={"width_px": size[0], "height_px": size[1], "rotation": 180})
    (frame,) = await first(make_source("door", options, clock=RealClock()), 1)
    (camera,) = picamera2.made
    assert camera.asked["lores"] == {"size": small, "format": "YUV420"}
    assert frame.rgb.shape == (size[1], size[0], 3)
    assert frame.small is not None
    assert frame.small.shape == (small[1], small[0], 3)
    middle, edge = small[0] // 2, 4
    for columns, colour in ((slice(edge, middle - edge), BLUE), (slice(middle + edge, -edge), RED)):
        found = frame.small[:, columns].reshape(-1, 3).astype(int)
        assert np.abs(found - colour).max() <= 6


@pytest.mark.parametrize(
    ("wanted", "fails", "reason"),
    [
        (5, None, SourceReason.MISSING),
        ("ov5647", None, SourceReason.MISSING),
        (0, TimeoutError, SourceReason.TIMEOUT),
        (0, RuntimeError, SourceReason.UNSUPPORTED),
    ],
)
async def test_ribbon_camera_says_why_not(
    picamera2: type[FakePicamera2],
    monkeypatch: pytest.MonkeyPatch,
    wanted: int | str,
    fails: type[Exception] | None,
    reason: SourceReason,
) -> None:
    monkeypatch.setattr(picamera2, "fails", fails)
    with pytest.raises(SourceError) as caught:
        await first(make_source("door", RIBBON.model_copy(update={"camera": wanted}), clock=RealClock()), 1)
    assert caught.value.reason is reason
    assert not any(camera.is_open for camera in picamera2.made)


async def test_without_picamera2_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(SourceError) as caught:
        await first(make_source("door", RIBBON, clock=RealClock()), 1)
    assert caught.value.reason is SourceReason.NOT_INSTALLED
