#!/usr/bin/env python3
"""Make a ready mosquitto configuration: TLS, a certificate for each client, and only its own topics.

    tools/make_broker_config.py --host broker.lan --node livingroom-pi --lamp wled/shelf OUT
    mosquitto -c OUT/mosquitto.conf

Run it again with more `--node`s to add devices; what is there already is kept. `ca.key` signs new clients:
keep it away from the broker. Each client needs `ca.crt`, its own `.crt` and its own `.key`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import ipaddress
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

_NODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOPIC = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
HOME = "homeassistant"
VALID_DAYS = 825
CA_VALID_DAYS = 3650

SETTINGS = """\
cafile {directory}/ca.crt
certfile {directory}/server.crt
keyfile {directory}/server.key
tls_version tlsv1.2
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file {directory}/acl
max_packet_size 65536
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, make, tell what to write into the config of each device."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", required=True, help="name or address at which clients reach the broker")
    parser.add_argument(
        "--node", action="append", default=[], required=True, help="`node` of a device's config"
    )
    parser.add_argument("--lamp", action="append", default=[], help="topic of a lamp that devices may switch")
    parser.add_argument("--port", type=int, default=8883)
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    directory = options.out.resolve()
    nodes = make(directory, host=options.host, port=options.port, nodes=options.node, lamps=options.lamp)
    print(f"mosquitto -c {directory / 'mosquitto.conf'}")
    for node in nodes:
        print(f"\n# {node}\npublish:\n  mqtt:\n    host: {options.host}\n    port: {options.port}\n    tls:")
        print(f"      ca_file: ca.crt\n      cert_file: {node}.crt\n      key_file: {node}.key")


def make(
    directory: Path, *, host: str, port: int, nodes: Sequence[str], lamps: Sequence[str] = ()
) -> list[str]:
    """Write configuration, access list and certificates; return all nodes that are known now.

    Raises
    ------
    ValueError
        A name would reach into the topics of others.
    """
    for name, pattern in (*((node, _NODE) for node in nodes), *((lamp, _TOPIC) for lamp in lamps)):
        if not pattern.fullmatch(name):
            raise ValueError(f"{name!r}: use letters, digits, - and _, in topics / as well")
    directory.mkdir(parents=True, exist_ok=True)
    authority = _authority(directory)
    _certify(directory, "server", host, authority=authority, is_server=True)
    for name in (*nodes, HOME):
        _certify(directory, name, name, authority=authority)
    known = sorted(path.stem for path in directory.glob("*.crt") if path.stem not in ("ca", "server", HOME))
    _write(directory / "acl", access_list(known, lamps).encode())
    settings = SETTINGS.format(directory=directory)
    _write(directory / "mosquitto.conf", f"listener {port}\npersistence false\n{settings}".encode())
    return known


def access_list(nodes: Sequence[str], lamps: Sequence[str]) -> str:
    """A device writes its own topics and reads its own commands; the home reads all and commands."""
    lines = []
    for node in nodes:
        lines += [
            f"user {node}",
            f"topic write edge-affect/{node}/#",
            f"topic read edge-affect/{node}/mute/set",
            f"topic read edge-affect/{node}/sensor/+/mute/set",
            f"topic read edge-affect/{node}/nudge/now",
            f"topic read edge-affect/{node}/nudge/not_now",
            "topic read media/position",
            f"topic write homeassistant/device/edge_affect_{node}/config",
            "topic read homeassistant/status",
            *(f"topic readwrite {lamp}/#" for lamp in lamps),
            "",
        ]
    lines += [
        f"user {HOME}",
        "topic read edge-affect/#",
        "topic write edge-affect/+/mute/set",
        "topic write edge-affect/+/sensor/+/mute/set",
        "topic write edge-affect/+/nudge/now",
        "topic write edge-affect/+/nudge/not_now",
        "topic write media/position",
        "topic readwrite homeassistant/#",
        *(f"topic readwrite {lamp}/#" for lamp in lamps),
    ]
    return "\n".join(lines) + "\n"


Authority = tuple[x509.Certificate, EllipticCurvePrivateKey]


def _authority(directory: Path) -> Authority:
    certificate_path, key_path = directory / "ca.crt", directory / "ca.key"
    if certificate_path.exists():
        key = load_pem_private_key(key_path.read_bytes(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise TypeError(f"{key_path} holds no key that this tool made")
        return x509.load_pem_x509_certificate(certificate_path.read_bytes()), key
    key = generate_private_key(SECP256R1())
    name = _name("edge-affect broker CA")
    builder = _builder(name, name, key, days=CA_VALID_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = builder.sign(key, SHA256())
    _write_key(key_path, key)
    _write(certificate_path, certificate.public_bytes(Encoding.PEM))
    return certificate, key


def _certify(
    directory: Path, file: str, common_name: str, *, authority: Authority, is_server: bool = False
) -> None:
    if (directory / f"{file}.crt").exists():
        return
    issuer, issuer_key = authority
    key = generate_private_key(SECP256R1())
    usage = ExtendedKeyUsageOID.SERVER_AUTH if is_server else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = _builder(_name(common_name), issuer.subject, key, days=VALID_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
    )
    if is_server:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_reached_at(common_name)]), critical=False
        )
    _write_key(directory / f"{file}.key", key)
    _write(directory / f"{file}.crt", builder.sign(issuer_key, SHA256()).public_bytes(Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, *, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _reached_at(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_key(path: Path, key: EllipticCurvePrivateKey) -> None:
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    fresh.replace(path)


if __name__ == "__main__":
    main()
