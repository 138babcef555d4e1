from __future__ import annotations

import logging
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.board import Probe
from edge.inference import ModelStore
from edge.inference.delegate import AUTO, EDGE_TPU_LIBRARY, NONE, Tried, accelerate, examine_delegate
from edge.inference.model import Model
from edge.service.doctor import Verdict
from edge.service.doctor.checks import check_delegate

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")


def compiled(directory: Path, behaviour: str) -> str:
    library = directory / "libfake.so"
    source = Path(__file__).with_name("fake_delegate.c")
    subprocess.run(["cc", "-shared", "-fPIC", f"-D{behaviour}", "-o", str(library), str(source)], check=True)
    return str(library)


def with_coral(root: Path) -> Probe:
    device = root / "sys/bus/usb/devices/1-1"
    device.mkdir(parents=True)
    (device / "idVendor").write_text("18d1\n")
    (device / "idProduct").write_text("9302\n")
    return Probe(root, machine="aarch64")


def question_for(model: Model) -> np.ndarray:
    shape = model.inputs[0].shape
    return np.linspace(0, 1, np.prod(shape), dtype=np.float32).reshape(shape)


def test_a_library_that_works_is_used_and_changes_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    library = compiled(tmp_path, "WORKS")
    store = ModelStore()
    model = store.load("face_expression")
    before, question = model._interpreter, question_for(model)
    without = model(question)
    with caplog.at_level(logging.INFO):
        accelerate(store, library)
    (line,) = caplog.messages
    assert line == f"models run on the accelerator as far as they were compiled for it ({library})"
    assert model._interpreter is not before
    np.testing.assert_array_equal(model(question), without)


class Unplugged:
    """An interpreter that does all but run."""

    def __init__(self, model: Model) -> None:
        self._interpreter = model._interpreter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._interpreter, name)

    def invoke(self) -> None:
        raise RuntimeError("node number 0 (EdgeTpuDelegateForCustomOp) failed to invoke")


def test_an_accelerator_that_fails_at_work_is_left_at_once(caplog: pytest.LogCaptureFixture) -> None:
    model = ModelStore().load("face_expression")
    question = question_for(model)
    without = model(question)
    model.adopt(Unplugged(model))
    for _ in range(3):
        np.testing.assert_array_equal(model(question), without)
    (line,) = caplog.messages
    assert line.startswith("the accelerator has failed (node number 0 ")
    assert line.endswith("; face_expression runs on the processor")


def test_a_failure_of_the_processor_itself_is_told() -> None:
    model = ModelStore().load("face_expression")
    model._interpreter = Unplugged(model)
    with pytest.raises(RuntimeError, match="failed to invoke"):
        model(question_for(model))


def test_models_stay_where_they_are_when_one_cannot_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    library = compiled(tmp_path, "WORKS")
    store = ModelStore()
    models = [store.load("face_expression_nano"), store.load("beats")]
    before = [model._interpreter for model in models]
    content = store.read("beats")
    monkeypatch.setattr(store, "read", lambda name: b"" if name == "beats" else content)
    accelerate(store, library)
    assert [model._interpreter for model in models] == before
    (line,) = caplog.messages
    assert line.endswith("; models run on the processor")


@pytest.mark.parametrize(
    ("behaviour", "trouble"),
    [
        ("CRASHES", "crashed with SIGABRT"),
        ("HANGS", "no answer within 4 s"),
        ("REFUSES", "no device is attached"),
    ],
)
def test_a_library_that_misbehaves_is_left_alone(tmp_path: Path, behaviour: str, trouble: str) -> None:
    tried = examine_delegate(compiled(tmp_path, behaviour), timeout_s=4)
    assert tried is not None
    assert trouble in tried.trouble
    assert tried.advice


def test_one_line_says_that_the_processor_does_the_work(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    missing = str(tmp_path / "libedgetpu.so.1")
    accelerate(ModelStore(), missing)
    (line,) = caplog.messages
    assert line.startswith(f"the accelerator is not used ({missing}: ")
    assert line.endswith("; models run on the processor")


def test_auto_tries_nothing_where_nothing_is_attached(tmp_path: Path) -> None:
    assert examine_delegate(AUTO, probe=Probe(tmp_path)) is None
    assert check_delegate(AUTO, probe=Probe(tmp_path)).verdict is Verdict.OK


def test_none_tries_nothing_even_if_one_is_attached(tmp_path: Path) -> None:
    assert examine_delegate(NONE, probe=with_coral(tmp_path)) is None


def test_auto_tries_googles_library_where_an_edge_tpu_is_attached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    compiled(tmp_path, "WORKS")
    (tmp_path / "libfake.so").rename(tmp_path / EDGE_TPU_LIBRARY)
    probe = with_coral(tmp_path)
    assert examine_delegate(AUTO, probe=probe) == Tried(EDGE_TPU_LIBRARY)
    assert check_delegate(AUTO, probe=probe).detail == f"{EDGE_TPU_LIBRARY} answers"


def test_the_doctor_says_what_to_do_for_an_accelerator_that_does_not_answer(tmp_path: Path) -> None:
    finding = check_delegate(compiled(tmp_path, "REFUSES"), probe=Probe(tmp_path))
    assert finding.verdict is Verdict.WARN
    assert "no device is attached; models run on the processor" in finding.detail
    assert "libedgetpu1-std" in finding.advice
