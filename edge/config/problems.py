"""From a validator's errors to sentences with a place and a suggestion."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from edge.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import ValidationError

    from edge.config.document import Document, KeyPath

Schema = dict[str, Any]

_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "this key is needed",
    "extra_forbidden": "unknown key",
    "union_tag_not_found": "the key `kind` is needed here",
}


_NOTHING: Final = object()


def problems_of(error: ValidationError, document: Document, schema: Schema) -> list[Problem]:
    """Every error of a validation as a `Problem`, in the order of the files' lines."""
    problems = [_problem(detail, document, schema) for detail in error.errors(include_url=False)]
    return sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))


def _problem(detail: Any, document: Document, schema: Schema) -> Problem:
    kind: str = detail["type"]
    if kind == "conflict":
        path: KeyPath = tuple(detail["ctx"]["key"].split("."))
    else:
        path = _document_path(detail["loc"], document.data)
    message = _SENTENCES.get(kind) or detail["msg"].removeprefix("Value error, ")
    if kind == "union_tag_invalid":
        message = f"unknown kind, expected one of {detail['ctx']['expected_tags']}"
    message = message[:1].lower() + message[1:] if message[1:2].islower() else message
    if suggestion := _suggestion(detail, path, document.data, schema):
        message += f" (did you mean `{suggestion}`?)"
    origin = document.origin(path)
    key = ".".join(str(part) for part in path)
    if origin is None:
        return Problem("config", 0, 0, key, message)
    return Problem(origin.file, origin.line, origin.column, key, message)


def _document_path(location: Iterable[str | int], data: Any) -> KeyPath:
    """A validator's location without the union tags that are not keys of the document."""
    path: list[str | int] = []
    parts = list(location)
    for position, part in enumerate(parts):
        inner = _inner(data, part)
        is_tag = isinstance(data, dict) and data.get("kind") == part
        if inner is not _NOTHING:
            path.append(part)
            data = inner
        elif position == len(parts) - 1 and not is_tag:
            path.append(part)
    return tuple(path)


def _inner(data: Any, part: Any) -> Any:
    try:
        return data[part] if isinstance(data, dict | list) else _NOTHING
    except (KeyError, IndexError, TypeError):
        return _NOTHING


def _suggestion(detail: Any, path: KeyPath, data: Any, schema: Schema) -> str | None:
    context = detail.get("ctx", {})
    if detail["type"] == "extra_forbidden":
        known, wrong = _known_keys(path[:-1], data, schema), str(path[-1])
    elif detail["type"] == "union_tag_invalid":
        known, wrong = _quoted(context["expected_tags"]), str(context["tag"])
    elif detail["type"] in ("enum", "literal_error"):
        known, wrong = _quoted(context["expected"]), str(detail["input"])
    else:
        return None
    close = difflib.get_close_matches(wrong, known, n=1)
    return close[0] if close else None


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def _known_keys(path: KeyPath, data: Any, schema: Schema) -> list[str]:
    """Keys that the schema knows in the mapping at `path`."""
    definitions = schema.get("$defs", {})
    nodes = _alternatives(schema, data, definitions)
    for part in path:
        data = data[part]
        inner: list[Schema] = []
        for node in nodes:
            if part in node.get("properties", {}):
                inner.append(node["properties"][part])
            elif isinstance(node.get("additionalProperties"), dict):
                inner.append(node["additionalProperties"])
            elif "patternProperties" in node:
                inner += node["patternProperties"].values()
            elif isinstance(part, int) and "items" in node:
                inner.append(node["items"])
        nodes = [found for node in inner for found in _alternatives(node, data, definitions)]
    return [key for node in nodes for key in node.get("properties", {})]


def _alternatives(node: Schema, data: Any, definitions: Schema) -> list[Schema]:
    if "$ref" in node:
        return _alternatives(definitions[node["$ref"].rpartition("/")[2]], data, definitions)
    if "discriminator" in node and isinstance(data, dict):
        reference = node["discriminator"]["mapping"].get(data.get("kind"))
        return _alternatives({"$ref": reference}, data, definitions) if reference else []
    options = node.get("anyOf") or node.get("oneOf") or node.get("allOf")
    if options:
        return [found for option in options for found in _alternatives(option, data, definitions)]
    return [node]
