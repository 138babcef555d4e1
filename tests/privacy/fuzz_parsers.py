"""Throw broken input at everything that reads from outside, for as long as you like.

    python tests/privacy/fuzz_parsers.py --seconds 600 --seed 1

Each parser gets valid input with random damage, and noise. It may refuse with the errors that it documents;
anything else is a crash, told with its input in hexadecimal. Prints JSON: inputs, refusals and slowest run of
each parser.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import tempfile
import time
import traceback
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from edge.capture.replay import make_source
from edge.capture.replay.options import ReplayAudio, ReplayEcg, ReplayKinds, ReplayRr
from edge.capture.wearable.decoders import bitalino, gatt, heart_rate, movisens, polar
from edge.capture.wearable.decoders.battery import decode_battery_level
from edge.clock import VirtualClock, run
from edge.config.load import load_config
from edge.errors import EdgeError
from edge.gate.consent import ConsentStore
from edge.gate.ledger import Ledger
from edge.inference.manifest import parse_manifest
from edge.publish.commands import command_topics, parse_command
from edge.publish.lights.adapter import parse_object
from edge.publish.node import Node, Sensor, SensorKind
from edge.publish.player import parse_position
from edge.publish.topics import Topics
from edge.release import Profile, Release, State
from edge.shipped import shipped_directory

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_MUTATIONS: Final = 8
TURN_S: Final = 0.05
"""Each parser has its turn for so long, so that slow ones do not starve the others."""


@dataclass(frozen=True)
class Target:
    """A parser, valid inputs, and the errors it documents."""

    name: str
    parse: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    refuses_with: tuple[type[Exception], ...] = (EdgeError,)


def main() -> int:
    """Parse, fuzz, print; 1 after a crash."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    randomness = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as directory:
        all_targets = targets(Path(directory))
        tally = {target.name: {"inputs": 0, "refused": 0, "slowest_ms": 0} for target in all_targets}
        end_s = time.monotonic() + arguments.seconds
        while time.monotonic() < end_s:
            for target in all_targets:
                turn_s = time.monotonic() + TURN_S
                while time.monotonic() < turn_s:
                    if not one(target, randomness, tally[target.name]):
                        return 1
    sys.stdout.write(json.dumps(tally, indent=1) + "\n")
    return 0


def one(target: Target, randomness: random.Random, tally: dict[str, int]) -> bool:
    """Feed one input; False after a crash."""
    content = damaged(randomness.choice(target.seeds), randomness)
    began_s = time.perf_counter()
    try:
        target.parse(content)
    except target.refuses_with:
        tally["refused"] += 1
    except Exception:  # noqa: BLE001 - whatever else it is, it is a crash
        sys.stdout.write(f"{target.name} crashed on {content[:4000].hex()}\n{traceback.format_exc()}")
        return False
    took_s = time.perf_counter() - began_s
    tally["inputs"] += 1
    tally["slowest_ms"] = max(tally["slowest_ms"], round(1000 * took_s))
    return True


def damaged(seed: bytes, randomness: random.Random) -> bytes:
    """Flip, cut, double, overwrite and insert; now and then noise alone."""
    if randomness.random() < 0.1:
        return randomness.randbytes(randomness.randrange(300))
    content = bytearray(seed)
    for _ in range(randomness.randrange(MOST_MUTATIONS + 1)):
        start = randomness.randrange(len(content) + 1)
        end = min(len(content), start + randomness.randrange(1, 40))
        match randomness.randrange(6):
            case 0:
                if start < len(content):
                    content[start] ^= 1 << randomness.randrange(8)
            case 1:
                del content[start:end]
            case 2:
                content[start:start] = content[start:end] * randomness.randrange(1, 4)
            case 3:
                content[start:end] = randomness.randbytes(end - start)
            case 4:
                content[start:start] = randomness.choice(_TOKENS)
            case _:
                del content[start:]
    return bytes(content)


_TOKENS: Final = (
    *(b"\x00", b"\xff" * 8, b"\x7f\xff\xff\xff", b"nan", b"inf", b"-1", b"1e999", b"9" * 30, b"null"),
    *(
        b"{}",
        b"[]",
        b"[[[[",
        b"{a: ",
        b"&a ",
        b"*a",
        b"!!python/name:os.system ",
        b"\xef\xbb\xbf",
        b"\xc3\x28",
    ),
    *(b"\n", b",", b":", b"\t", b"---\n"),
)


def targets(directory: Path) -> tuple[Target, ...]:
    """Everything that reads what others wrote."""

    def from_file(name: str, parse: Callable[[Path], object]) -> Callable[[bytes], object]:
        def write_and_parse(content: bytes) -> object:
            path = directory / name
            path.write_bytes(content)
            return parse(path)

        return write_and_parse

    def play(options: Callable[[Path], ReplayKinds]) -> Callable[[Path], object]:
        async def samples(path: Path) -> int:
            count = 0
            async for _ in make_source("fuzzed", options(path), clock=clock).samples():
                count += 1
                if count > 200:
                    break
            return count

        clock = VirtualClock()
        return lambda path: run(samples(path), clock=clock)

    def open_ledger(path: Path) -> None:
        path.with_suffix(".witness").unlink(missing_ok=True)
        for left in ("-wal", "-shm"):
            path.with_name(path.name + left).unlink(missing_ok=True)
        ledger = Ledger(path)
        try:
            ledger.spent(0)
            ledger.once(zone="a", start_s=600, end_s=900, epsilon=1, daily_epsilon=9, draw=lambda: b"x")
        finally:
            ledger.close()

    presets = tuple(path.read_bytes() for path in sorted(shipped_directory("board_configs").glob("*.yaml")))
    node = Node(
        "pi-1", "Room", "1", Profile.HOUSEHOLD, 10.0, ("room",), (Sensor("camera", SensorKind.CAMERA),)
    )
    commands = command_topics(node, Topics("edge-affect", "pi-1", "homeassistant"))
    release = Release("room", Profile.PUBLIC, 1, 300.0, State.HAPPINESS, 0.5, 0.25, epsilon=1.0).encode()
    signal = gatt.GattSignal(
        characteristic="2a37", measures="skin_conductance", type="i24", rate_hz=4.0, offset=1
    )
    packet = bytes([0x16, 72, 0x00, 0x04, 0x10, 0x04])
    return (
        Target("config", from_file("config.yaml", load_config), presets),
        Target("manifest", lambda content: parse_manifest(content, name="fuzz"), (_MANIFEST,)),
        Target("consent", from_file("consent.json", lambda p: ConsentStore(p).valid(now_s=0)), (_CONSENT,)),
        Target("ledger", from_file("ledger.sqlite3", open_ledger), (_ledger(directory),)),
        Target(
            "witness",
            from_file("other.witness", lambda p: Ledger(p.with_suffix(".sqlite3"), witness=p).close()),
            (b"0", b"12"),
        ),
        Target("release", Release.decode, (release,), (ValueError,)),
        Target(
            "command",
            lambda content: [parse_command(commands, t, content, retained=False) for t in commands],
            (b"ON", b"OFF"),
            (),
        ),
        Target(
            "player",
            lambda content: parse_position(content, retained=False),
            (b'{"content":"clip-1","position_s":12.5,"playing":true,"rate":1.0}', b'{"content":null}'),
            (),
        ),
        Target("lamp", parse_object, (b'{"state":"ON","color":{"r":1,"g":2,"b":3},"brightness":200}',), ()),
        Target("heart rate", heart_rate.decode_heart_rate, (packet,)),
        Target("battery", decode_battery_level, (b"\x64",)),
        Target("gatt", lambda content: gatt.decode_values(content, signal), (bytes(range(20)),)),
        Target("movisens", movisens.decode_scl_mean, (bytes(8),)),
        Target("bitalino", lambda content: bitalino.decode_frames(content, channels=2), (bytes(8) * 4,)),
        Target("polar features", polar.decode_features, (b"\x0f\x05\x00",)),
        Target("polar settings", polar.decode_settings, (b"\x00\x01\x82\x00\x01\x01\x0e\x00",)),
        Target("polar response", polar.decode_response, (b"\xf0\x02\x00\x00\x00",)),
        Target("polar ecg", polar.decode_ecg, (b"\x00" + bytes(8) + b"\x00" + bytes(range(30)),)),
        Target(
            "csv",
            from_file("rr.csv", play(lambda p: ReplayRr(kind="replay_rr", path=p))),
            (b"rr_ms\n812\n790\n805\n", b"time_s,rr_ms\n0.8,812\n1.6,790\n"),
        ),
        Target("npz", from_file("ecg.npz", play(lambda p: ReplayEcg(kind="replay_ecg", path=p))), (_npz(),)),
        Target(
            "wav", from_file("a.wav", play(lambda p: ReplayAudio(kind="replay_audio", path=p))), (_wav(),)
        ),
    )


def _ledger(directory: Path) -> bytes:
    path = directory / "seed.sqlite3"
    ledger = Ledger(path)
    ledger.once(zone="a", start_s=0, end_s=300, epsilon=1, daily_epsilon=9, draw=lambda: b"x" * 50)
    ledger.close()
    return path.read_bytes()


def _npz() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, ecg_mv=np.sin(np.arange(300) / 5), rate_hz=130.0)
    return stream.getvalue()


def _wav() -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    return stream.getvalue()


_CONSENT: Final = (
    b'[{"handle": "0a1b2c3d", "sensor": "strap", "purpose": "stress_feedback", "until_s": 1893456000}]'
)
_MANIFEST: Final = b"""serial: 3
models:
  stress:
    file: stress.tflite
    task: stress
    version: "1"
    sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    licence: Apache-2.0
    commercial_use: open
    attribution: nobody
    origin: nowhere
    card: cards/stress.md
    inputs: [{name: x, shape: [1, 8], dtype: int8, meaning: features}]
    outputs: [{name: y, shape: [1, 2], dtype: int8, meaning: classes}]
    parameters: {threshold: 0.5, mean: [1.0, 2.0]}
"""


if __name__ == "__main__":
    sys.exit(main())
