"""Logs that can be followed: each process sets this up once, so each claim has a process of its own."""

import json
import subprocess
import sys
from typing import Any

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"

PROGRAM = f"""
import logging
from kit import telemetry

telemetry.set_up("toy")
with telemetry.span("print", {{"traceparent": "00-{TRACE_ID}-b7ad6b7169203331-01"}}):
    logging.warning("out of %s", "paper")
logging.warning("nobody asked")
for _ in range(100):
    logging.getLogger("aiokafka.cluster").error("Topic %s not found", "toy.thing")
"""


def logged() -> list[dict[str, Any]]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_what_is_logged_inside_a_span_carries_the_id_of_its_trace() -> None:
    inside, outside, *_ = logged()

    assert (inside["trace"], inside["message"], outside["trace"]) == (TRACE_ID, "out of paper", "0")
    assert inside.keys() == {"at", "level", "logger", "message", "trace", "service"}


def test_what_aiokafka_says_of_a_missing_topic_a_hundred_times_a_second_is_logged_seldom() -> None:
    assert [line["message"] for line in logged()].count("Topic toy.thing not found") == 1
