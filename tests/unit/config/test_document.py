from __future__ import annotations

from pathlib import Path

import pytest

from edge.config.document import Document, Origin, assign, leaves, merge, read_document
from edge.errors import ConfigError


def written(tmp_path: Path, text: str, name: str = "config.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_remembers_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "node: pi\npublish:\n  lights:\n    - kind: wled\n      topic: a\n")
    document = read_document(path)
    assert document.data == {"node": "pi", "publish": {"lights": [{"kind": "wled", "topic": "a"}]}}
    assert document.origins["publish", "lights", 0, "topic"] == Origin(str(path), 5, 7)
    assert document.origin(("publish", "lights", 0, "missing")) == Origin(str(path), 4, 7)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: 1\na: 2\n", (2, 1), "duplicate key"),
        ("a: [1\n", (2, 1), "not valid YAML"),
        ("- 1\n", (0, 0), "wanted keys and values"),
        ("a: !!python/object:os.system {}\n", (0, 0), ""),
    ],
)
def test_bad_yaml_is_told_with_its_place(
    tmp_path: Path, text: str, place: tuple[int, int], message: str
) -> None:
    path = written(tmp_path, text)
    if not message:
        assert isinstance(read_document(path).data["a"], dict)  # a tag constructs nothing
        return
    with pytest.raises(ConfigError, match=message) as caught:
        read_document(path)
    problem = caught.value.problems[0]
    assert (problem.line, problem.column) == place


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_document(tmp_path / "nothing.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_document(binary)


def test_a_preset_lies_under_the_file(tmp_path: Path) -> None:
    under = read_document(
        written(tmp_path, "a: 1\nb: {kind: x, deep: 1}\nc: {keep: 1, over: 1}\nd: [1, 2]\n", "under.yaml")
    )
    over = read_document(written(tmp_path, "b: {kind: y}\nc: {over: 2}\nd: [3]\n", "over.yaml"))
    merged = merge(under, over)
    assert merged.data == {"a": 1, "b": {"kind": "y"}, "c": {"keep": 1, "over": 2}, "d": [3]}
    assert merged.origins["a",].file.endswith("under.yaml")
    assert merged.origins["c", "keep"].file.endswith("under.yaml")
    assert merged.origins["c", "over"].file.endswith("over.yaml")
    assert ("b", "deep") not in merged.origins
    assert under.data["c"] == {"keep": 1, "over": 1}


def test_an_assignment_is_read_as_yaml() -> None:
    document = Document({"publish": {"mqtt": {"port": 1883}}})
    assign(document, "publish.mqtt.port=1884")
    assign(document, "readers.face.enabled=false")
    assert document.data == {"publish": {"mqtt": {"port": 1884}}, "readers": {"face": {"enabled": False}}}
    assert str(document.origin(("publish", "mqtt", "port"))) == "--set"


@pytest.mark.parametrize("assignment", ["no-equals", "=1", "a..b=1"])
def test_an_assignment_of_another_form_is_refused(assignment: str) -> None:
    with pytest.raises(ConfigError, match=r"key\.path=value"):
        assign(Document(), assignment)


def test_leaves_are_the_values() -> None:
    assert list(leaves({"a": {"b": 1}, "c": {}, "d": [1]})) == [(("a", "b"), 1), (("c",), {}), (("d",), [1])]
