"""Keeps the process from growing: pictures come and go by the million, between threads."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
_LARGE_BYTES: Final = 128 * 1024
_ARENAS: Final = 2


def steady_heap() -> None:
    """Have glibc give back every large block at once, and keep small ones in few arenas.

    Left alone, glibc raises the size from which a block has pages of its own to that of the largest one
    ever freed, a picture's, and gives each thread an arena; pictures then lie scattered between small
    blocks that last, and the heap grows for hours. Another C library has no such knobs, and needs none.
    """
    with contextlib.suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in (
            (_ARENA_MAX, _ARENAS),
            (_MMAP_THRESHOLD, _LARGE_BYTES),
            (_TRIM_THRESHOLD, _LARGE_BYTES),
        ):
            mallopt(parameter, value)


def settle() -> None:
    """Have the garbage collector leave alone what lives as long as the process.

    Its full passes come when a quarter of all objects is new. Without the modules' hundreds of thousands
    they come often and cost little, so that no cycle keeps a picture for hours.
    """
    gc.collect()
    gc.freeze()
