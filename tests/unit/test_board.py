from __future__ import annotations

from pathlib import Path

import pytest

from edge.board import BOARD_PRESETS, Accelerator, Probe, detect
from edge.config.load import load_config, preset_names
from edge.errors import ConfigError
from edge.release import Profile

MODELS = {
    "Raspberry Pi Zero 2 W Rev 1.0": "raspberry_pi_zero_2_w",
    "Raspberry Pi 3 Model B Plus Rev 1.3": "raspberry_pi_3b_plus",
    "Raspberry Pi 4 Model B Rev 1.5": "raspberry_pi_4",
    "Raspberry Pi Compute Module 4 Rev 1.1": "raspberry_pi_4",
    "Raspberry Pi 5 Model B Rev 1.0": "raspberry_pi_5",
    "Freescale i.MX8MQ Phanbell": "coral_dev_board",
    "Coral Dev Board Mini": "coral_dev_board_mini",
    "Radxa ROCK 5B": "generic_arm64",
}


def tree(root: Path, **files: str) -> Probe:
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return Probe(root, machine="aarch64")


@pytest.mark.parametrize(("model", "preset"), MODELS.items())
def test_each_board_is_told_by_its_device_tree(tmp_path: Path, model: str, preset: str) -> None:
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/device-tree/model").write_text(model + "\0")
    board = detect(Probe(tmp_path, machine="aarch64"))
    assert (board.name, board.preset) == (model, preset)


def test_the_compatible_string_tells_as_well(tmp_path: Path) -> None:
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/device-tree/compatible").write_bytes(b"google,excelsior\0mediatek,mt8167\0")
    assert detect(Probe(tmp_path, machine="aarch64")).preset == "coral_dev_board_mini"


@pytest.mark.parametrize(("machine", "preset"), [("x86_64", "pc"), ("aarch64", "generic_arm64")])
def test_a_machine_that_tells_nothing_is_taken_by_its_processor(
    tmp_path: Path, machine: str, preset: str
) -> None:
    board = detect(Probe(tmp_path, machine=machine))
    assert (board.preset, board.cores, board.memory_mb, board.accelerator) == (preset, 0, 0, None)


def test_cores_and_memory_are_counted(tmp_path: Path) -> None:
    probe = tree(
        tmp_path,
        proc__cpuinfo="processor\t: 0\nBogoMIPS\t: 38.40\nprocessor\t: 1\n",
        proc__meminfo="MemTotal:         442280 kB\nMemFree: 1 kB\n",
    )
    board = detect(probe)
    assert (board.cores, board.memory_mb) == (2, 431)


@pytest.mark.parametrize("ids", [("1a6e", "089a"), ("18d1", "9302")])
def test_a_coral_on_usb_is_seen_before_and_after_its_first_use(tmp_path: Path, ids: tuple[str, str]) -> None:
    probe = tree(tmp_path)
    for name, (vendor, product) in {"1-1": ("046d", "0825"), "1-2": ids}.items():
        device = tmp_path / "sys/bus/usb/devices" / name
        device.mkdir(parents=True)
        (device / "idVendor").write_text(vendor + "\n")
        (device / "idProduct").write_text(product + "\n")
    assert detect(probe).accelerator is Accelerator.USB


def test_a_coral_on_pci_is_seen(tmp_path: Path) -> None:
    (tmp_path / "sys/class/apex/apex_0").mkdir(parents=True)
    assert detect(Probe(tmp_path)).accelerator is Accelerator.PCI


@pytest.mark.parametrize("preset", sorted({*MODELS.values(), "pc"}))
def test_every_board_has_a_preset_that_fits_under_a_config(tmp_path: Path, preset: str) -> None:
    assert preset in preset_names()
    config = tmp_path / "room.yaml"
    config.write_text(f"presets: [{preset}]\nsources: {{camera: {{kind: v4l2}}}}\n")
    loaded = load_config(config)
    origins = {key: origin for key, _, origin in loaded.explain()}
    assert preset in origins["readers.face.reading_rate_hz"]


def pi_5(root: Path) -> Probe:
    return tree(root, **{"proc__device-tree__model": "Raspberry Pi 5 Model B Rev 1.0\0"})


def rate_of_faces(config: Path, probe: Probe) -> tuple[object, str]:
    rows = load_config(config, probe=probe).explain()
    return next((value, origin) for key, value, origin in rows if key == "readers.face.reading_rate_hz")


def test_a_live_sensor_gets_the_preset_of_this_board(tmp_path: Path) -> None:
    config = tmp_path / "room.yaml"
    config.write_text("sources: {camera: {kind: v4l2}}\n")
    value, origin = rate_of_faces(config, pi_5(tmp_path))
    assert value == 8
    assert "raspberry_pi_5.yaml (this board)" in origin


@pytest.mark.parametrize(
    ("text", "value", "place"),
    [
        ("presets: [raspberry_pi_3b_plus]\nsources: {camera: {kind: v4l2}}\n", 3, "raspberry_pi_3b_plus"),
        ("sources: {camera: {kind: v4l2}}\nreaders: {face: {reading_rate_hz: 4}}\n", 4, "room.yaml"),
        ("sources: {strap: {kind: replay_rr, path: rr.csv}}\n", 5, "default"),
    ],
    ids=["a board is named", "the user's own value", "recordings alone"],
)
def test_what_the_user_says_and_recordings_go_first(
    tmp_path: Path, text: str, value: float, place: str
) -> None:
    (tmp_path / "rr.csv").write_text("rr_ms\n800\n")
    config = tmp_path / "room.yaml"
    config.write_text(text)
    found, origin = rate_of_faces(config, pi_5(tmp_path))
    assert found == value
    assert place in origin


def test_a_pi_with_a_coral_on_usb_has_a_preset_of_its_own(tmp_path: Path) -> None:
    probe = pi_5(tmp_path)
    device = tmp_path / "sys/bus/usb/devices/1-1"
    device.mkdir(parents=True)
    (device / "idVendor").write_text("18d1\n")
    (device / "idProduct").write_text("9302\n")
    board = detect(probe)
    assert (board.preset, board.accelerator) == ("raspberry_pi_coral_usb", Accelerator.USB)
    assert board.preset in BOARD_PRESETS <= set(preset_names())


@pytest.mark.parametrize("preset", ["smart_home", "wearable_stress"])
def test_a_use_case_runs_as_it_is_and_under_a_board(tmp_path: Path, preset: str) -> None:
    alone = load_config(Path(preset)).config
    config = tmp_path / "mine.yaml"
    config.write_text(f"presets: [raspberry_pi_4, {preset}]\nnode: mine\n")
    mine = load_config(config).config
    assert (mine.node, mine.sources, mine.privacy) == ("mine", alone.sources, alone.privacy)
    assert mine.readers.face.reading_rate_hz == 5


def test_a_kiosk_needs_its_notice_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(Path("kiosk"))
    assert [problem.key for problem in refused.value.problems] == ["deployment.notice"]
    config = tmp_path / "hall.yaml"
    notice = "{contact: hall@example.org, acknowledged_on: 2026-11-01}"
    config.write_text(f"presets: [pc, kiosk]\ndeployment: {{notice: {notice}}}\n")
    assert load_config(config).config.privacy.profile is Profile.PUBLIC
