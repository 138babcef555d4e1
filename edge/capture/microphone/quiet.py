"""Keeps ALSA and JACK from writing to standard error what they find wrong with devices nobody asked for."""

from __future__ import annotations

import contextlib
import ctypes
from functools import cache
from typing import Any, Final

_ALSA_HANDLER: Final = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)
_JACK_HANDLER: Final = ctypes.CFUNCTYPE(None, ctypes.c_char_p)


@cache
def hush() -> tuple[Any, ...]:
    """Give both libraries a handler that says nothing; PortAudio reports errors of its own."""
    alsa = _ALSA_HANDLER(lambda *_: None)
    jack = _JACK_HANDLER(lambda _: None)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(alsa)
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL("libjack.so.0")
        library.jack_set_error_function(jack)
        library.jack_set_info_function(jack)
    # The libraries keep the pointers, so the cache must keep what they point to.
    return alsa, jack
