"""Runs inside the guest: our Video4Linux source on the kernel's virtual camera, unplugged and put back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.capture.camera import make_source
from edge.capture.camera.options import V4l2Options
from edge.capture.supervisor import SourceState, Supervisor
from edge.clock import RealClock

if TYPE_CHECKING:
    from edge.signals import VideoFrame

DRIVER = Path("/sys/bus/platform/drivers/vivid")
PICTURES = 8


async def main() -> None:
    clock = RealClock()
    frames: list[VideoFrame] = []
    changed = asyncio.Event()

    async def take(frame: Any) -> None:
        frames.append(frame)
        changed.set()

    async def until(reached: Any) -> None:
        while not reached():
            changed.clear()
            await changed.wait()

    options = V4l2Options(kind="v4l2", device="vivid*", width_px=320, height_px=180, rate_hz=5)
    source = make_source("door", options, clock=clock)
    supervisor = Supervisor(source, clock=clock, deliver=take, on_state=lambda _: changed.set(), seed=1)
    task = asyncio.create_task(supervisor.run())
    await until(lambda: len(frames) >= PICTURES)
    await asyncio.to_thread((DRIVER / "unbind").write_text, "vivid.0")
    await until(lambda: supervisor.state is not SourceState.OK)
    lost = supervisor.status
    await asyncio.to_thread((DRIVER / "bind").write_text, "vivid.0")
    bound_s, seen = clock.now_s(), len(frames)
    await until(lambda: len(frames) > seen)
    back_s = clock.now_s() - bound_s
    await until(lambda: len(frames) >= seen + PICTURES)
    report = {
        "frames": len(frames),
        "shape": list(frames[-1].rgb.shape),
        "colours": int(frames[-1].rgb.reshape(-1, 3).std(axis=0).min()),
        "lost": [str(lost.state), str(lost.reason), lost.detail],
        "back_s": round(back_s, 2),
        "restarts": supervisor.status.restarts,
    }
    supervisor.mute()
    await until(lambda: supervisor.state is SourceState.MUTED)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.to_thread(Path("/mnt/camera.json").write_text, json.dumps(report))


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(main(), 200))
