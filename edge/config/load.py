"""From a file to a validated config: presets under the file, `--set` over it, every error at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from edge.board import BOARD_PRESETS, Probe, detect
from edge.capture.replay.options import RecordingOptions
from edge.config.document import Document, Origin, assign, leaves, merge, read_document
from edge.config.problems import problems_of
from edge.config.schema import Config
from edge.errors import ConfigError, Problem
from edge.shipped import shipped_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A config that holds, and the document it was read from."""

    config: Config
    document: Document

    def explain(self) -> list[tuple[str, Any, str]]:
        """Every effective value: its key, itself, and where it was set (`default` if nowhere)."""
        rows = []
        for path, value in leaves(self.config.model_dump(mode="json")):
            origin = self.document.origins.get(path) or self._around(path)
            rows.append((".".join(str(part) for part in path), value, str(origin or "default")))
        return rows

    def _around(self, path: tuple[str | int, ...]) -> Origin | None:
        """The origin of a value that was written as part of a list or of an empty mapping."""
        data: Any = self.document.data
        for part in path:
            if not isinstance(data, dict) or part not in data:
                return None
            data = data[part]
        return self.document.origin(path)


def load_config(path: Path, *, overrides: Sequence[str] = (), probe: Probe | None = None) -> LoadedConfig:
    """Read, merge and validate a config.

    With a live sensor, and unless the config names a board, the preset of this board lies under it all. A
    config of recordings alone gives the same on every machine.

    Parameters
    ----------
    path
        The user's YAML file; the shipped preset of that name if there is no such file and the name
        has no suffix and no directory (`demo`, `kiosk`).
    overrides
        Assignments such as `publish.mqtt.port=1884`.
    probe
        Where to look for the board; this machine when None.

    Raises
    ------
    ConfigError
        With every problem found.
    """
    if not path.exists() and path.name == str(path) and not path.suffix:
        path = preset_path(str(path)) or path
    document = read_document(path)
    for assignment in overrides:
        assign(document, assignment)
    under = Document()
    for name in _presets(document):
        under = merge(under, _read_preset(name, document))
    document = merge(under, document)
    if _is_live(document) and not BOARD_PRESETS.intersection(_presets(document)):
        document = merge(_detected_board(probe or Probe()), document)
    try:
        config = Config.model_validate(document.data, context={"directory": path.resolve().parent})
    except ValidationError as error:
        raise ConfigError(problems_of(error, document, Config.model_json_schema())) from error
    if missing := list(_missing_recordings(config, document)):
        raise ConfigError(missing)
    return LoadedConfig(config, document)


def preset_names() -> list[str]:
    """The shipped presets."""
    return sorted(path.stem for path in shipped_directory("board_configs").glob("*.yaml"))


def preset_path(name: str) -> Path | None:
    """The file of a shipped preset, if there is one of that name."""
    path = shipped_directory("board_configs") / f"{name}.yaml"
    return path if name in preset_names() else None


def _is_live(document: Document) -> bool:
    """Whether a source is no recording; the document may still be wrong in any way."""
    sources = document.data.get("sources")
    each = sources.values() if isinstance(sources, dict) else ()
    kinds = [source.get("kind") for source in each if isinstance(source, dict)]
    return any(isinstance(kind, str) and not kind.startswith("replay_") for kind in kinds)


def _detected_board(probe: Probe) -> Document:
    path = shipped_directory("board_configs") / f"{detect(probe).preset}.yaml"
    return read_document(path, shown_as=f"preset {path.name} (this board)")


def _missing_recordings(config: Config, document: Document) -> Iterator[Problem]:
    for name, source in config.sources.items():
        if isinstance(source, RecordingOptions) and not source.path.is_file():
            key = ("sources", name, "path")
            origin = document.origin(key) or Origin("config")
            message = f"there is no file {source.path}"
            yield Problem(origin.file, origin.line, origin.column, ".".join(key), message)


def _presets(document: Document) -> list[str]:
    names = document.data.get("presets", [])
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _read_preset(name: str, document: Document) -> Document:
    path = preset_path(name)
    if path is None:
        origin = document.origin(("presets",)) or Origin("config")
        known = ", ".join(preset_names())
        raise ConfigError(
            [
                Problem(
                    origin.file,
                    origin.line,
                    origin.column,
                    "presets",
                    f"no preset `{name}`; there are {known}",
                )
            ]
        )
    preset = read_document(path, shown_as=f"preset {path.name}")
    preset.data.pop("presets", None)
    return preset
