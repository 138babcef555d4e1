from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import write_topics
from edge.health import Health, Heat, Share, exposition

HEALTHS = st.builds(
    Health,
    running_h=st.integers(0, 10**6),
    broker_losses=st.integers(0, 10**6),
    restarts=st.lists(
        st.tuples(st.from_regex(r"[a-zA-Z0-9_-]{1,8}", fullmatch=True), st.integers(0, 10**6)), max_size=4
    ).map(tuple),
    lost=st.sampled_from(Share),
    failed=st.sampled_from(Share),
    heat=st.sampled_from(Heat),
)
SAMPLE = re.compile(r'edge_affect_[a-z_]+(\{[a-z]+="[^"\\]*"\})? \d+')
COMMENT = re.compile(r"# (HELP edge_affect_[a-z_]+ .+|TYPE edge_affect_[a-z_]+ (gauge|counter))")


@given(health=HEALTHS)
def test_the_payload_fits_its_schema(health: Health) -> None:
    Draft202012Validator(write_topics.health_schema()).validate(json.loads(json.dumps(health.payload())))


@given(health=HEALTHS)
def test_prometheus_can_read_it(health: Health) -> None:
    text = exposition(health)
    assert text.endswith("\n")
    for line in text.splitlines():
        assert SAMPLE.fullmatch(line) or COMMENT.fullmatch(line), line


def test_each_number_has_its_line() -> None:
    health = Health(5, 2, (("camera", 3),), lost=Share.SOME, failed=Share.NONE, heat=Heat.HOT)
    lines = exposition(health).splitlines()
    assert {
        "edge_affect_running_hours 5",
        "edge_affect_broker_losses_total 2",
        'edge_affect_sensor_restarts_total{sensor="camera"} 3',
        'edge_affect_samples_lost{band="some"} 1',
        'edge_affect_samples_lost{band="much"} 0',
        'edge_affect_samples_failed{band="none"} 1',
        'edge_affect_heat{band="hot"} 1',
    } <= set(lines)
