from __future__ import annotations

import base64
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from edge.errors import ModelError, ModelReason
from edge.inference import ModelStore
from edge.inference.install import install, rollback
from edge.inference.manifest import Manifest, parse_manifest
from edge.shipped import shipped_directory
from release_models import make_bundle

MODEL = "stress"


@dataclass
class Keys:
    private: Path
    public: Path


def write_keys(directory: Path, key: Any) -> Keys:
    directory.mkdir(parents=True)
    keys = Keys(directory / "release.key", directory / "release.pub")
    keys.private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    keys.public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return keys


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return write_keys(tmp_path / "keys", Ed25519PrivateKey.generate())


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "models"


def bundle(directory: Path, keys: Keys, *, serial: int, edit: Any = None) -> Path:
    """A signed bundle of one shipped model; `edit` changes its manifest before it is signed."""
    source = directory / f"source-{serial}"
    source.mkdir(parents=True)
    shipped = shipped_directory("models")
    yaml = YAML()
    manifest = yaml.load(shipped / "manifest.yaml")
    entry = manifest["models"][MODEL]
    (source / entry["file"]).write_bytes((shipped / entry["file"]).read_bytes())
    yaml.dump({"serial": serial, "models": {MODEL: entry}}, source / "manifest.yaml")
    out = directory / f"bundle-{serial}"
    make_bundle(ModelStore(source), key=keys.private, out=out)
    if edit is not None:
        path = out / "manifest.yaml"
        manifest = yaml.load(path)
        edit(out, manifest["models"][MODEL])
        yaml.dump(manifest, path)
        sign(path, keys)
    return out


def sign(path: Path, keys: Keys) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(keys.private.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    path.with_name("manifest.yaml.sig").write_bytes(base64.b64encode(key.sign(path.read_bytes())))


def refused(reason: ModelReason, path: Path, *, into: Path, keys: Keys) -> None:
    """The bundle is refused for this reason, and what was installed is as before."""
    before = (into / "current").readlink() if (into / "current").is_symlink() else None
    with pytest.raises(ModelError) as caught:
        install(path, into=into, trusted_key=keys.public)
    assert caught.value.reason is reason
    assert ((into / "current").readlink() if (into / "current").is_symlink() else None) == before
    if before:
        ModelStore(into / "current", trusted_key=keys.public).load(MODEL)


def test_a_signed_bundle_is_installed_and_loaded(tmp_path: Path, keys: Keys, into: Path) -> None:
    assert install(bundle(tmp_path, keys, serial=3), into=into, trusted_key=keys.public) == 3
    store = ModelStore(into / "current", trusted_key=keys.public)
    assert store.manifest.serial == 3
    assert store.entry(MODEL).golden
    store.load(MODEL)


def test_a_rollback_goes_back_once_and_older_bundles_stay_refused(
    tmp_path: Path, keys: Keys, into: Path
) -> None:
    for serial in (3, 4, 5):
        install(bundle(tmp_path, keys, serial=serial), into=into, trusted_key=keys.public)
    assert {path.name for path in (into / "versions").iterdir()} == {"4", "5"}
    assert rollback(into) == 4
    assert ModelStore(into / "current", trusted_key=keys.public).manifest.serial == 4
    with pytest.raises(ModelError, match="no bundle to go back to"):
        rollback(into)
    for serial in (3, 5):
        refused(ModelReason.OLDER, tmp_path / f"bundle-{serial}", into=into, keys=keys)
    assert install(bundle(tmp_path, keys, serial=6), into=into, trusted_key=keys.public) == 6


def test_a_rollback_without_an_installation_is_refused(into: Path) -> None:
    with pytest.raises(ModelError, match="no bundle to go back to"):
        rollback(into)


def test_an_altered_manifest_is_refused(tmp_path: Path, keys: Keys, into: Path) -> None:
    install(bundle(tmp_path, keys, serial=1), into=into, trusted_key=keys.public)
    path = bundle(tmp_path, keys, serial=2)
    manifest = path / "manifest.yaml"
    manifest.write_bytes(manifest.read_bytes().replace(b"serial: 2", b"serial: 9"))
    refused(ModelReason.UNSIGNED, path, into=into, keys=keys)


@pytest.mark.parametrize("signature", [None, b"", b"AAAA", b"\xff\xfe", b"x" * 10_000])
def test_a_missing_or_broken_signature_is_refused(
    tmp_path: Path, keys: Keys, into: Path, signature: bytes | None
) -> None:
    path = bundle(tmp_path, keys, serial=1)
    if signature is None:
        (path / "manifest.yaml.sig").unlink()
    else:
        (path / "manifest.yaml.sig").write_bytes(signature)
    refused(ModelReason.UNSIGNED, path, into=into, keys=keys)


def test_the_key_of_somebody_else_is_refused(tmp_path: Path, keys: Keys, into: Path) -> None:
    other = write_keys(tmp_path / "other", Ed25519PrivateKey.generate())
    refused(ModelReason.UNSIGNED, bundle(tmp_path, other, serial=1), into=into, keys=keys)


def test_only_ed25519_keys_are_trusted(tmp_path: Path, keys: Keys, into: Path) -> None:
    path = bundle(tmp_path, keys, serial=1)
    curve = write_keys(tmp_path / "curve", generate_private_key(SECP256R1()))
    refused(ModelReason.UNSIGNED, path, into=into, keys=curve)
    for content in (b"", b"no key"):
        keys.public.write_bytes(content)
        refused(ModelReason.UNSIGNED, path, into=into, keys=keys)


def test_altered_weights_are_refused(tmp_path: Path, keys: Keys, into: Path) -> None:
    install(bundle(tmp_path, keys, serial=1), into=into, trusted_key=keys.public)
    path = bundle(tmp_path, keys, serial=2)
    weights = path / "stress.tflite"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00\x01")
    refused(ModelReason.ALTERED, path, into=into, keys=keys)
    weights.unlink()
    refused(ModelReason.MISSING, path, into=into, keys=keys)


def test_a_model_that_answers_otherwise_is_refused(tmp_path: Path, keys: Keys, into: Path) -> None:
    def lie(_path: Path, entry: dict[str, Any]) -> None:
        entry["golden"][0][0] += 1.0

    refused(ModelReason.INCOMPATIBLE, bundle(tmp_path, keys, serial=1, edit=lie), into=into, keys=keys)


def test_a_signed_file_that_is_no_model_is_refused(tmp_path: Path, keys: Keys, into: Path) -> None:
    def swap(path: Path, entry: dict[str, Any]) -> None:
        (path / entry["file"]).write_bytes(b"TFL3 but not really")
        entry["sha256"] = hashlib.sha256(b"TFL3 but not really").hexdigest()

    refused(ModelReason.INCOMPATIBLE, bundle(tmp_path, keys, serial=1, edit=swap), into=into, keys=keys)


@pytest.mark.parametrize("name", ["../evil.tflite", "/tmp/evil.tflite", "a/b.tflite", "manifest.yaml"])
def test_a_file_name_that_leads_elsewhere_is_refused(
    tmp_path: Path, keys: Keys, into: Path, name: str
) -> None:
    def lead_astray(_path: Path, entry: dict[str, Any]) -> None:
        entry["file"] = name

    refused(ModelReason.ALTERED, bundle(tmp_path, keys, serial=1, edit=lead_astray), into=into, keys=keys)


def test_what_an_attempt_left_behind_does_not_matter(tmp_path: Path, keys: Keys, into: Path) -> None:
    (into / "versions" / "1").mkdir(parents=True)
    (into / "versions" / "1" / "stress.tflite").write_bytes(b"half")
    (into / "current.new").symlink_to("nowhere")
    assert install(bundle(tmp_path, keys, serial=1), into=into, trusted_key=keys.public) == 1


def test_an_installed_manifest_is_checked_each_time_it_is_read(
    tmp_path: Path, keys: Keys, into: Path
) -> None:
    install(bundle(tmp_path, keys, serial=1), into=into, trusted_key=keys.public)
    manifest = into / "current" / "manifest.yaml"
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    with pytest.raises(ModelError, match="not made for this manifest"):
        ModelStore(into / "current", trusted_key=keys.public)


def test_without_the_library_nothing_is_taken_as_signed(
    tmp_path: Path, keys: Keys, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bundle(tmp_path, keys, serial=1)
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    refused(ModelReason.UNSIGNED, path, into=into, keys=keys)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_a_manifest_or_an_explained_error(content: bytes) -> None:
    try:
        assert isinstance(parse_manifest(content, name="fuzz"), Manifest)
    except ModelError as error:
        assert error.reason is ModelReason.ALTERED  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize(
    "content", [b"[" * 5000, b"{a: " * 3000, b"? " * 3000, b"&a [*a]", b"!!python/object:os.system x"]
)
def test_hostile_yaml_is_explained(content: bytes) -> None:
    with pytest.raises(ModelError):
        parse_manifest(content, name="hostile")
