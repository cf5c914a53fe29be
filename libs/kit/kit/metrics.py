"""Every metric of the data path, each with what it counts; HTTP's own come from the instrumentator."""

from prometheus_client import Counter, Gauge

CONSUMED = Counter(
    "savepoint_consumed_total", "Messages taken from Kafka, by what became of them", ["service", "type", "outcome"]
)
"""outcome: handled, repeated (taken before), unknown (nobody here follows it), parked, held (behind a parked one)."""
CONSUMER_STOPPED = Gauge(
    "savepoint_consumer_stopped", "1: too many messages parked in a row; look, then restart", ["service"]
)
RELAYED = Counter("savepoint_relayed_total", "Outbox rows that a broker confirmed", ["service"])
RELAY_FAILURES = Counter("savepoint_relay_failures_total", "Sends that no broker confirmed; the row stays", ["service"])
UNSENT_SECONDS = Gauge(
    "savepoint_outbox_oldest_unsent_seconds", "Age of the oldest unsent outbox row; alert on it", ["service"]
)
LOOP_FAILURES = Counter(
    "savepoint_loop_failures_total", "Runs of a loop that ended in an unexpected failure", ["service", "loop"]
)
