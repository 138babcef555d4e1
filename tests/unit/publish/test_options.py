from __future__ import annotations

import pytest
from pydantic import ValidationError

from edge.publish.options import MqttOptions, Protocol, PublishOptions, WledOptions, is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.0.1", "::1", "[::1]"])
def test_loopback_needs_no_encryption(host):
    assert is_loopback(host)
    assert MqttOptions(host=host).effective_port == 1883


@pytest.mark.parametrize(
    "host", ["broker.lan", "192.168.1.2", "0.0.0.0", "127.0.0.1.example.org", "localhost.lan"]
)
def test_plain_text_to_another_machine_must_be_asked_for(host):
    assert not is_loopback(host)
    with pytest.raises(ValidationError, match="would not be encrypted"):
        MqttOptions(host=host)
    assert MqttOptions(host=host, allow_plaintext=True).effective_port == 1883
    assert MqttOptions.model_validate({"host": host, "tls": {}}).effective_port == 8883


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"password_env": "A", "password_file": "b", "username": "c"}, "not both"),
        ({"password_env": "A"}, "needs a username"),
        ({"tls": {"cert_file": "a.crt"}}, "belong together"),
        ({"password": "secret", "username": "a"}, "Extra inputs"),
        ({"prefix": "a/#"}, "pattern"),
        ({"prefix": "a//b"}, "pattern"),
        ({"prefix": "/a"}, "pattern"),
        ({"port": 0}, "greater"),
        ({"protocol": "4"}, "3.1.1"),
    ],
)
def test_what_cannot_work_is_refused(wrong, why):
    with pytest.raises(ValidationError, match=why):
        MqttOptions.model_validate(wrong)


def test_lights_are_told_apart_by_their_kind():
    options = PublishOptions.model_validate(
        {"mqtt": {"protocol": "5"}, "lights": [{"kind": "wled", "topic": "wled/shelf"}]}
    )
    assert options.lights == (WledOptions(topic="wled/shelf"),)
    assert options.mqtt is not None
    assert options.mqtt.protocol is Protocol.V5


def test_lights_need_a_broker():
    with pytest.raises(ValidationError, match="through the broker"):
        PublishOptions.model_validate({"lights": [{"kind": "wled", "topic": "wled/shelf"}]})


def test_a_lamp_cannot_be_made_to_flash():
    for wrong in ({"min_dwell_s": 1}, {"transition_s": 0}):
        with pytest.raises(ValidationError):
            WledOptions.model_validate({"topic": "wled/shelf"} | wrong)
