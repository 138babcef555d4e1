"""YAML documents that remember where every value came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from edge.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written; `line` and `column` start at 1, 0 outside a file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(slots=True)
class Document:
    """Plain data and the origin of each key in it."""

    data: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, Origin] = field(default_factory=dict)

    def origin(self, path: KeyPath) -> Origin | None:
        """Where the value at `path`, or the nearest one around it, was written."""
        for end in range(len(path), -1, -1):
            if origin := self.origins.get(path[:end]):
                return origin
        return None


def read_document(path: Path, *, shown_as: str | None = None) -> Document:
    """Read a YAML mapping with the place of every key.

    Raises
    ------
    ConfigError
        The file cannot be read, is not YAML, or is not a mapping.
    """
    file = shown_as or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise _error(file, f"cannot read it: {(error.strerror or 'unknown reason').lower()}") from error
    except UnicodeDecodeError as error:
        raise _error(file, "it is not UTF-8 text") from error
    try:
        data = YAML(pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise ConfigError([Problem(file, line, column, "", f"not valid YAML: {error.problem}")]) from error
    except (YAMLError, RecursionError) as error:
        raise _error(file, f"not valid YAML: {error}") from error
    if data is None:
        data = CommentedMap()
    if not isinstance(data, CommentedMap):
        raise _error(file, "wanted keys and values at the top, such as `node: livingroom`")
    document = Document(_plain(data), {(): Origin(file)})
    document.origins.update(_origins(data, file, ()))
    return document


def assign(document: Document, assignment: str) -> None:
    """Set one value in place, as in `publish.mqtt.port=1884`; the value is read as YAML.

    Raises
    ------
    ConfigError
        It is not of the form `key.path=value`.
    """
    key, equals, text = assignment.partition("=")
    parts = tuple(part.strip() for part in key.split("."))
    if not equals or not all(parts):
        raise _error("--set", f"`{assignment}` is not of the form key.path=value")
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise _error(f"--set {key}", f"`{text}` is not a YAML value") from error
    under = document.data
    for part in parts[:-1]:
        if not isinstance(under.get(part), dict):
            under[part] = {}
        under = under[part]
    under[parts[-1]] = value
    document.origins[parts] = Origin("--set")


def merge(under: Document, over: Document) -> Document:
    """Lay one document over another.

    Mappings merge key by key, anything else is replaced; so is a mapping whose `kind` differs, as its
    keys mean something else then.
    """
    merged = Document(dict(under.data), dict(under.origins))
    _merge(merged, over, merged.data, over.data, ())
    return merged


def _merge(
    merged: Document, over: Document, below: dict[str, Any], above: dict[str, Any], path: KeyPath
) -> None:
    if origin := over.origins.get(path):
        merged.origins[path] = origin
    for key, value in above.items():
        here = (*path, key)
        old = below.get(key)
        if (
            isinstance(value, dict)
            and isinstance(old, dict)
            and value.get("kind", old.get("kind")) == old.get("kind")
        ):
            below[key] = dict(old)
            _merge(merged, over, below[key], value, here)
            continue
        for stale in [known for known in merged.origins if known[: len(here)] == here]:
            del merged.origins[stale]
        below[key] = value
        merged.origins.update(
            {known: origin for known, origin in over.origins.items() if known[: len(here)] == here}
        )


def leaves(data: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every value that is not a mapping, with its path; an empty mapping counts as a value."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, data


def _origins(data: Any, file: str, path: KeyPath) -> Iterator[tuple[KeyPath, Origin]]:
    if isinstance(data, CommentedMap):
        for key, value in data.items():
            line, column = data.lc.key(key)
            yield (*path, str(key)), Origin(file, line + 1, column + 1)
            yield from _origins(value, file, (*path, str(key)))
    elif isinstance(data, CommentedSeq):
        for index, value in enumerate(data):
            line, column = data.lc.item(index)
            yield (*path, index), Origin(file, line + 1, column + 1)
            yield from _origins(value, file, (*path, index))


def _plain(data: Any) -> Any:
    if isinstance(data, CommentedMap):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, CommentedSeq):
        return [_plain(value) for value in data]
    for kind in (bool, int, float, str):
        if isinstance(data, kind):
            return kind(data)
    return data


def _error(file: str, message: str) -> ConfigError:
    return ConfigError([Problem(file, 0, 0, "", message)])
