"""Measure what an audience costs the face reader: CPU time of each part, a second of film.

    tools/benchmark_audience.py [--faces 6] [--rate 10] [--seconds 20] [--set KEY=VALUE ...] [--json FILE]

The audience is the person of the demo's film, once for each face, each beginning at another moment, in one
picture; so all of them move. The reader runs on one thread; its process time is counted, the making of
the pictures is not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np

import recordings
from edge.face import FaceOptions, FaceReader
from edge.inference import ModelStore
from edge.signals import VideoFrame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FRAME_RATE_HZ: Final = 24
SHOWN_S: Final = 19.5
COLUMNS: Final = 3
SEAT_PX: Final = (240, 213)
"""Height and width of the part of the picture that one person fills."""


def main() -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=int, default=6, metavar="N", help="how many (6)")
    parser.add_argument("--rate", type=float, default=10.0, metavar="HZ", help="readings a second (10)")
    parser.add_argument("--seconds", type=float, default=20.0, metavar="N", help="of film (20)")
    parser.add_argument("--set", dest="options", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    if recordings.main([]) != 0:
        return 1
    options = {"reading_rate_hz": args.rate, "max_faces": args.faces}
    options |= dict(option.split("=", 1) for option in args.options)
    reader = FaceReader(FaceOptions.model_validate(options), store=ModelStore())
    film = [np.asarray(picture) for picture in watch()]
    report = measure(reader, film, faces=args.faces, seconds=args.seconds)
    print(json.dumps(report, indent=2))
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


def watch() -> Iterator[NDArray[np.uint8]]:
    """Show the person of the demo's film, at the size of a seat."""
    with av.open(str(recordings.CACHE / recordings.SCENE)) as scene:
        for frame in scene.decode(video=0):
            if frame.time >= SHOWN_S:
                return
            rgb = frame.to_ndarray(format="rgb24")[:, 270:590]
            height, width = SEAT_PX
            rows, columns = np.arange(height) * 360 // height, np.arange(width) * 320 // width
            yield rgb[rows][:, columns]


def audience(film: list[NDArray[np.uint8]], frame: int, faces: int) -> NDArray[np.uint8]:
    """One picture of everybody."""
    rows = -(-faces // COLUMNS)
    height, width = SEAT_PX
    picture = np.zeros((rows * height, COLUMNS * width, 3), np.uint8)
    for seat in range(faces):
        row, column = divmod(seat, COLUMNS)
        seen = film[(frame + seat * len(film) // faces) % len(film)]
        picture[row * height : (row + 1) * height, column * width : (column + 1) * width] = seen
    return picture


def measure(
    reader: FaceReader, film: list[NDArray[np.uint8]], *, faces: int, seconds: float
) -> dict[str, Any]:
    """Read the audience and count."""
    busy_s, took_ms, readings, frames = 0.0, [], 0, int(seconds * FRAME_RATE_HZ)
    for index in range(frames):
        frame = VideoFrame("audience", index / FRAME_RATE_HZ, audience(film, index, faces))
        began_s = time.process_time()
        found = reader.read(frame)
        passed_s = time.process_time() - began_s
        busy_s += passed_s
        readings += len(found)
        if found:
            took_ms.append(passed_s * 1e3)
    return {
        "faces": faces,
        "picture": list(audience(film, 0, faces).shape),
        "readings_a_second": round(readings / seconds, 2),
        "cpu_s_per_s": round(busy_s / seconds, 4),
        "cpu_ms_per_look": {str(share): round(float(np.percentile(took_ms, share)), 2) for share in (50, 95)},
    }


if __name__ == "__main__":
    sys.exit(main())
