"""What the figures rest on: pgbench does what billing does, and the words say what the numbers say."""

from uuid import UUID

from bench import pgbench, script, topups
from bench.postgres import Postgres
from bench.report import P99, RATIO, Figure
from bench.till import percentile


async def test_pgbench_settles_each_top_up_once_with_billings_own_statements(postgres: str) -> None:
    """`rates` itself refuses a run that left a top-up unpaid, unposted or untold, or settled one twice."""
    server = Postgres(postgres)

    rates = await pgbench.rates(server, {1: 5, 3: 4})

    assert rates.keys() == {1, 3}
    assert all(rate.tps > 0 for rate in rates.values())
    await server.forget()


def test_the_script_names_another_sale_each_time_and_keeps_the_rest() -> None:
    sale, client = topups.sale_id(7), topups.client_id(7)
    statements = [
        ("INSERT INTO inbox (event_id) VALUES ($1::UUID)", (UUID(int=99),), False),
        ("select 1 from sale where sale_id = $1 and account = $2", (sale, f"client:{client}"), False),
        ("update x set a = $2, b = $1", (None, "it's 12:30"), False),
    ]

    lines = script.script(statements, number=7).splitlines()

    assert lines[3] == "INSERT INTO inbox (event_id) VALUES ((uuidv7())::UUID);"
    assert lines[4].count(":n::bigint") == 2
    assert lines[5] == r"update x set a = U&'it''s 12\003A30', b = null;"


def test_rows_that_asyncpg_sends_together_are_one_round_trip() -> None:
    lines = script.script([("insert into x values ($1)", [(1,), (2,)], True)], number=7).splitlines()

    assert lines[3:7] == [
        r"\startpipeline",
        "insert into x values ((1));",
        "insert into x values ((2));",
        r"\endpipeline",
    ]


def test_a_verdict_reads_its_target_in_the_right_direction() -> None:
    assert (RATIO.verdict(0.3), RATIO.verdict(0.29)) == ("ok", "below target")
    assert (P99.verdict(99.9), P99.verdict(100)) == ("ok", "below target")
    assert Figure("without a target", 1, "1").verdict == ""


def test_a_percentile_is_a_value_that_was_seen() -> None:
    assert (percentile([3, 1, 2], 0.5), percentile(list(range(100)), 0.99), percentile([5], 0.99)) == (2, 99, 5)
