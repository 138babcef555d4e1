from __future__ import annotations

import pytest

from edge.errors import PublishError, PublishReason
from edge.publish.options import MqttOptions, TlsOptions
from edge.publish.secrets import make_tls_context, read_password


def test_password_from_the_environment(monkeypatch):
    monkeypatch.setenv("BROKER_PASSWORD", "open sesame")
    assert read_password(MqttOptions(username="pi", password_env="BROKER_PASSWORD")) == "open sesame"


def test_password_from_the_first_line_of_a_file(tmp_path):
    file = tmp_path / "password"
    file.write_bytes(b"open sesame\r\nsecond line\n")
    assert read_password(MqttOptions(username="pi", password_file=file)) == "open sesame"


def test_no_password_is_fine():
    assert read_password(MqttOptions(username="pi")) is None


def test_a_missing_password_is_told(monkeypatch, tmp_path):
    monkeypatch.delenv("BROKER_PASSWORD", raising=False)
    with pytest.raises(PublishError, match="BROKER_PASSWORD, which is not set"):
        read_password(MqttOptions(username="pi", password_env="BROKER_PASSWORD"))
    with pytest.raises(PublishError, match="No such file"):
        read_password(MqttOptions(username="pi", password_file=tmp_path / "nowhere"))
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PublishError, match="cannot be read"):
        read_password(MqttOptions(username="pi", password_file=tmp_path / "binary"))


def test_certificates_that_are_none_are_told(tmp_path):
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate")
    for options in (
        TlsOptions(ca_file=nonsense),
        TlsOptions(ca_file=tmp_path / "nowhere.pem"),
        TlsOptions(cert_file=nonsense, key_file=nonsense),
    ):
        with pytest.raises(PublishError) as caught:
            make_tls_context("broker", options)
        assert caught.value.reason is PublishReason.TLS
