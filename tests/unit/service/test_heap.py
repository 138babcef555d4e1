from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

_SCRIPT = """
import ctypes, sys
import numpy as np
from edge.service.heap import settle, steady_heap

names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
Info = type("Info", (ctypes.Structure,), {"_fields_": [(name, ctypes.c_size_t) for name in names]})
mallinfo2 = ctypes.CDLL(None).mallinfo2
mallinfo2.restype = Info
if sys.argv[1] == "steady":
    steady_heap()
    settle()
large = np.ones(20_000_000, np.uint8)
del large  # from now on glibc would take pictures for small
before = mallinfo2().hblkhd
picture = np.ones((480, 640, 3), np.uint8)
print(mallinfo2().hblkhd - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="needs glibc 2.33")
@pytest.mark.parametrize(("how", "has_pages_of_its_own"), [("steady", True), ("left alone", False)])
def test_a_picture_has_pages_of_its_own_that_go_with_it(how: str, has_pages_of_its_own: bool) -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT, how], capture_output=True, text=True, check=True)
    assert (int(done.stdout) >= 480 * 640 * 3) is has_pages_of_its_own
