"""The model manifest: what each model is, who may use it, and the hash that proves it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from edge.errors import ModelError, ModelReason


class CommercialUse(StrEnum):
    """Whether the terms of a model's training data leave commercial use open."""

    OPEN = "open"
    UNCLEAR = "unclear"
    FORBIDDEN = "forbidden"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TensorSpec(_Entry):
    """Shape and type of an input or output, and what it means."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    meaning: str


class ModelEntry(_Entry):
    """One model of the manifest; `parameters` holds the numbers its reader needs beside the weights."""

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.tflite$")]
    task: str
    version: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    licence: str
    commercial_use: CommercialUse
    attribution: str
    origin: str
    card: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    labels: tuple[str, ...] = ()
    parameters: dict[str, float | tuple[float, ...]] = {}
    golden: tuple[tuple[float, ...], ...] = ()


class Manifest(_Entry):
    """All models; `serial` only ever grows."""

    serial: Annotated[int, Field(ge=1)]
    models: dict[str, ModelEntry]


def parse_manifest(content: bytes, *, name: str) -> Manifest:
    """Parse and validate the bytes of a manifest; `name` is for messages.

    Raises
    ------
    ModelError
        It is malformed.
    """
    try:
        return Manifest.model_validate(YAML(typ="safe", pure=True).load(content.decode()))
    except (UnicodeDecodeError, YAMLError, ValidationError, RecursionError) as error:
        raise ModelError(name, ModelReason.ALTERED, f"malformed manifest: {error}") from error
