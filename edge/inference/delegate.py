"""Whether models can run on an Edge TPU: found, tried apart, and left alone when it does not answer.

A library for a device can crash or hang the process that loads it, so another process tries it first.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge.apart import ask
from edge.board import Probe, detect
from edge.errors import ModelError

if TYPE_CHECKING:
    from edge.inference.runtime import Runtime
    from edge.inference.store import ModelStore

_LOG: Final = logging.getLogger(__name__)
AUTO: Final = "auto"
NONE: Final = "none"
EDGE_TPU_LIBRARY: Final = "libedgetpu.so.1"
TIMEOUT_S: Final = 20.0
"""The first start of a Coral USB Accelerator loads its firmware, which takes some seconds."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A delegate library, and why it cannot be used (empty if it can)."""

    library: str
    trouble: str = ""
    advice: str = ""


def examine_delegate(
    wanted: str = AUTO,
    *,
    runtime: Runtime | None = None,
    probe: Probe | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Tried | None:
    """Try the library that is wanted, in a process of its own; None when there is nothing to try.

    Parameters
    ----------
    wanted
        `auto`, `none` or the path of a library.
    """
    if wanted == NONE or (wanted == AUTO and detect(probe or Probe()).accelerator is None):
        return None
    library = EDGE_TPU_LIBRARY if wanted == AUTO else wanted
    question = {"library": library, "runtime": runtime.value if runtime else None}
    outcome = ask("edge.inference.try_delegate", question, timeout_s=timeout_s)
    if outcome.answer is None:
        return Tried(library, outcome.trouble, "Plug the accelerator out and in again.")
    trouble = str(outcome.answer["trouble"])
    advice = "Install its library (libedgetpu1-std) and let this user use it (group plugdev)."
    return Tried(library, trouble, advice if trouble else "")


def accelerate(store: ModelStore, wanted: str = AUTO, *, runtime: Runtime | None = None) -> None:
    """Move the models to the accelerator once it has answered; one line says so, or why it is not used.

    It may take `TIMEOUT_S`. Models go on running on the processor meanwhile.
    """
    tried = examine_delegate(wanted, runtime=runtime)
    if tried is None:
        return
    trouble = tried.trouble
    if not trouble:
        try:
            store.move(tried.library)
        except ModelError as error:
            trouble = str(error)
    if trouble:
        _LOG.warning(
            "the accelerator is not used (%s: %s); models run on the processor", tried.library, trouble
        )
    else:
        _LOG.info("models run on the accelerator as far as they were compiled for it (%s)", tried.library)
