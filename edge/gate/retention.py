"""Keep what is in memory in memory: no core dump, no swap."""

from __future__ import annotations

import ctypes
import resource
import sys
from dataclasses import dataclass
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_LOCK_CURRENT: Final = 1
_LOCK_FUTURE: Final = 2
_LOCK_ON_FAULT: Final = 4


@dataclass(frozen=True, slots=True)
class Retention:
    """What could be had on this machine."""

    core_dumps_off: bool
    swap_off: bool


def keep_in_memory() -> Retention:
    """Forbid core dumps, and keep this process out of swap where that is permitted.

    Locking needs an unlimited RLIMIT_MEMLOCK (`LimitMEMLOCK=infinity` in a systemd unit): with a smaller one
    a later allocation would fail. Where it is not permitted, turn swap off or encrypt it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return Retention(core_dumps_off=False, swap_off=False)
    libc = ctypes.CDLL(None, use_errno=True)
    # A limit of 0 does not stop a core pattern that is a pipe, as of systemd-coredump; this does.
    core_dumps_off = libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
    is_unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] == resource.RLIM_INFINITY
    swap_off = is_unlimited and libc.mlockall(_LOCK_CURRENT | _LOCK_FUTURE | _LOCK_ON_FAULT) == 0
    return Retention(core_dumps_off=core_dumps_off, swap_off=swap_off)
