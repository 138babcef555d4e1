from __future__ import annotations

import numpy as np
import pytest

from edge.errors import BaselineError
from edge.physiology import Baseline
from edge.physiology.vault import erase_baseline, load_baseline, save_baseline

REST = np.array([4.3, np.nan, 1.0, 0.0, 2.5, -1.0, -3.0])


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "state" / "anna.baseline"
    save_baseline(path, Baseline(REST), passphrase="a good one")
    return path


def test_comes_back_with_the_passphrase(kept):
    assert load_baseline(kept, passphrase="a good one").rest == pytest.approx(REST, nan_ok=True)


def test_says_nothing_without_it(kept):
    content = kept.read_bytes()
    assert b"heart_rate" not in content
    assert kept.stat().st_mode & 0o077 == 0
    with pytest.raises(BaselineError, match="another passphrase"):
        load_baseline(kept, passphrase="a bad one")


@pytest.mark.parametrize("at", [0, 30, -1])
def test_an_altered_file_is_refused(kept, at):
    content = bytearray(kept.read_bytes())
    content[at] ^= 1
    kept.write_bytes(content)
    with pytest.raises(BaselineError, match="altered"):
        load_baseline(kept, passphrase="a good one")


@pytest.mark.parametrize("length", [0, 10, 40])
def test_a_truncated_file_is_refused(kept, length):
    kept.write_bytes(kept.read_bytes()[:length])
    with pytest.raises(BaselineError):
        load_baseline(kept, passphrase="a good one")


def test_is_never_kept_in_the_clear(tmp_path):
    with pytest.raises(BaselineError, match="encrypted or not at all"):
        save_baseline(tmp_path / "b", Baseline(REST), passphrase="")
    assert list(tmp_path.iterdir()) == []


def test_is_gone_when_erased(kept):
    assert erase_baseline(kept)
    assert not kept.exists()
    assert not erase_baseline(kept)
    assert load_baseline(kept, passphrase="a good one") is None
