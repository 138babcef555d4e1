"""Everything that one analysis leaves on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.analysis.markers import edl, write_timelines
from edge.analysis.report import report
from edge.analysis.tables import write_tables
from edge.errors import AnalysisError, AnalysisReason

if TYPE_CHECKING:
    from pathlib import Path

    from edge.analysis.timeline import Analysis


def write_analysis(analysis: Analysis, folder: Path, *, starts_at: str) -> bool:
    """Write report, tables and markers into an empty folder.

    Returns
    -------
    Whether the markers for OpenTimelineIO and Premiere could be written, which takes the extra `analyze`.

    Raises
    ------
    AnalysisError
        The folder cannot be written, as when the disk is full.
    """
    try:
        write_tables(analysis, folder)
        (folder / "moments.edl").write_text(edl(analysis, starts_at=starts_at), encoding="utf-8")
        has_timelines = write_timelines(analysis, folder)
        beside = sorted(path.name for path in folder.iterdir())
        (folder / "report.html").write_text(report(analysis, other_files=beside), encoding="utf-8")
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise AnalysisError(AnalysisReason.OUTPUT_REFUSED, f"cannot write the report: {why}") from error
    return has_timelines
