"""Where the files that travel with the package lie, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent


def shipped_directory(name: str) -> Path:
    """The directory of shipped `models` or `board_configs`."""
    installed = _PACKAGE / "_shipped" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
