from __future__ import annotations

from pathlib import Path

import pytest

from edge.cli import main
from edge.config.load import load_config, preset_names, preset_path
from edge.errors import ConfigError

GOOD = """\
node: pi
sources:
  pulse: {kind: heart_rate_strap}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides=overrides)
    return [str(problem) for problem in caught.value.problems]


def test_a_good_config_loads_with_defaults(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD)).config
    assert (config.node, config.zone, config.privacy.profile) == ("pi", "room", "household")


def test_every_error_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "nod: pi\n"
        "privacy:\n"
        "  profile: pubilc\n"
        "sources:\n"
        "  camera: {kind: replay_vidoe, path: a.mp4}\n"
        "  strap:\n"
        "    kind: heart_rate_strap\n"
        "    adress: AA:BB:CC:DD:EE:FF\n",
    )
    unknown_key, profile, kind, address = problems(path)
    assert unknown_key == f"{path}:1:1: nod: unknown key (did you mean `node`?)"
    assert profile.startswith(f"{path}:3:3: privacy.profile: ")
    assert profile.endswith("(did you mean `public`?)")
    assert kind.startswith(f"{path}:5:3: sources.camera: unknown kind, expected one of ")
    assert kind.endswith("(did you mean `replay_video`?)")
    assert address == f"{path}:8:5: sources.strap.adress: unknown key (did you mean `address`?)"


def test_relative_paths_lie_beside_the_config(tmp_path: Path) -> None:
    (tmp_path / "rr.csv").write_text("rr_ms\n800\n")
    text = "sources:\n  strap: {kind: replay_rr, path: rr.csv}\n"
    source = load_config(written(tmp_path, text)).config.sources["strap"]
    assert source.path == tmp_path / "rr.csv"  # type: ignore[union-attr]


def test_a_recording_that_is_not_there_is_told_at_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "sources:\n  strap:\n    kind: replay_rr\n    path: gone.csv\n")
    assert problems(path) == [f"{path}:4:5: sources.strap.path: there is no file {tmp_path / 'gone.csv'}"]


def test_a_place_of_work_is_refused_with_the_reason(tmp_path: Path) -> None:
    (line,) = problems(written(tmp_path, GOOD + "deployment: {context: workplace}\n"))
    assert ":4:14: deployment.context:" in line
    assert "Article 5(1)(f)" in line


def test_a_single_person_is_never_published_in_a_public_space(tmp_path: Path) -> None:
    notice = "{contact: me@here, acknowledged_on: 2026-11-01}"
    text = GOOD + f"deployment: {{context: public_space, notice: {notice}}}\n"
    (line,) = problems(written(tmp_path, text))
    assert "privacy.profile" in line
    assert "set profile: public" in line


def test_full_speed_is_for_recordings(tmp_path: Path) -> None:
    (line,) = problems(written(tmp_path, GOOD), "replay.speed=max")
    assert "live sensors need 1.0" in line


def test_an_override_is_validated_like_the_file(tmp_path: Path) -> None:
    (line,) = problems(written(tmp_path, GOOD), "publish.mqtt.prot=1")
    assert line == "--set: publish.mqtt.prot: unknown key (did you mean `port`?)"


def test_explain_names_the_place_of_every_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, GOOD)
    assert main(["check-config", str(path), "--explain", "--set", "zone=kitchen"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith('node: "pi"') and line.endswith(f"# {path}:1") for line in lines)
    assert any(line.startswith('zone: "kitchen"') and line.endswith("# --set") for line in lines)
    defaults = [line for line in lines if line.endswith("# default")]
    assert any(line.startswith('privacy.profile: "household"') for line in defaults)


def test_a_bad_config_exits_with_78_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-config", str(tmp_path / "none.yaml")]) == 78
    assert capsys.readouterr().err == f"{tmp_path / 'none.yaml'}: cannot read it: no such file or directory\n"


def test_an_unknown_preset_is_told_with_those_there_are(tmp_path: Path) -> None:
    (line,) = problems(written(tmp_path, GOOD + "presets: [pi_9]\n"))
    assert "no preset `pi_9`" in line
    assert "demo" in line


@pytest.mark.parametrize("name", [name for name in preset_names() if name != "demo"])
def test_every_shipped_preset_is_a_valid_layer(name: str, tmp_path: Path) -> None:
    assert preset_path(name) is not None
    notice = "deployment: {notice: {contact: me@here, acknowledged_on: 2026-11-01}}\n"
    config = GOOD.replace("node: pi\n", f"node: pi\npresets: [{name}]\n") + notice
    load_config(written(tmp_path, config))
