"""The output folder: whole, or not there at all."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import AnalysisError, AnalysisReason

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside `path` that only its owner can read; it takes the name at the end.

    What goes wrong in between, Ctrl-C included, leaves nothing behind. A process that is killed leaves
    a folder whose name ends in `.partial`.

    Raises
    ------
    AnalysisError
        There is something at `path` already, or it may not be written there.
    """
    if path.exists() or path.is_symlink():
        raise AnalysisError(AnalysisReason.OUTPUT_EXISTS, f"{path} is there already")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent))
    except OSError as error:
        raise _refused(path, error) from error
    try:
        yield partial
        try:
            # A folder is never moved over one that holds something.
            partial.rename(path)
        except OSError as error:
            raise _refused(path, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _refused(path: Path, error: OSError) -> AnalysisError:
    why = (error.strerror or "unknown reason").lower()
    return AnalysisError(AnalysisReason.OUTPUT_REFUSED, f"cannot write {path}: {why}")
