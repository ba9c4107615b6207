import pytest

from bench import growth, start, tables
from bench.load import Measurement
from bench.report import Figure, at_least, at_most, figure

SIGNED, REFRESH = "client_credentials, at+jwt ES256", "refresh"


def of(per_s: float, **other: float) -> Figure:
    return Figure(per_s=per_s, cpu_us=1e6 / per_s, p50_ms=other.get("p50_ms", 1.0), p99_ms=2.0)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (at_least(2.2, 2.3), "≥ 2.2 ✓"),
        (at_least(2.2, 2.1), "≥ 2.2"),
        (at_least(50, None), "≥ 50"),
        (at_most(1.3, 1.3), "≤ 1.3 ✓"),
        (at_most(1.0, 1.2, " s"), "≤ 1 s"),
    ],
)
def test_a_goal_is_ticked_where_it_is_reached(cell: str, text: str) -> None:
    assert cell == text


def test_a_figure_is_the_median_of_the_rounds_per_operation() -> None:
    rounds = [
        Measurement(answers=n, wall_s=1.0, cpu_s=0.5, waits_s=(0.001, 0.002, 0.003), database_cpu_s=0.1)
        for n in (100, 200, 900)
    ]
    found = figure(rounds, answers_per_operation=2)
    assert found == Figure(per_s=100, cpu_us=5000, p50_ms=2.0, p99_ms=3.0, database_cpu_us=1000)


def test_each_row_has_the_peer_and_the_goal_beside_the_figure() -> None:
    figures = {(SIGNED, "Lingpai"): of(3000), (SIGNED, "oidc-provider"): of(1000), ("bare server", "bare"): of(20_000)}
    head, signed, floor = tables.one_process(figures, [SIGNED], 50e-6, []).rows
    assert len(head) == len(signed) == len(floor)
    assert signed[-3:] == ("3.00", "3.00", "≥ 2.2 ✓")


def test_the_limit_is_the_bare_answer_and_the_signature() -> None:
    figures = {(SIGNED, "Lingpai"): of(5000), ("bare server", "bare"): of(20_000)}
    (note,) = tables.one_process(figures, [SIGNED], 50e-6, []).notes
    assert "10,000 signed tokens" in note
    assert "50% of that (goal: ≥ 60 %)" in note


def test_without_a_peer_its_columns_are_empty_and_the_reason_is_told() -> None:
    section = tables.one_process({(SIGNED, "Lingpai"): of(3000)}, [SIGNED], 50e-6, ["oidc-provider is missing."])
    assert section.rows[1][-5:] == ("", "", "", "", "≥ 2.2")
    assert section.notes == ("oidc-provider is missing.",)


def test_postgresql_is_measured_against_sqlite() -> None:
    figures = {(REFRESH, "Lingpai"): of(2000), (REFRESH, "Lingpai, PostgreSQL"): of(1000)}
    assert tables.on_postgresql(figures, [REFRESH]).rows[1][3:5] == ("0.50", "≥ 0.4 ✓")


def test_two_processes_are_measured_against_one() -> None:
    figures = {(REFRESH, "Lingpai"): of(2000), (REFRESH, "Lingpai, 2 processes"): of(3000)}
    assert tables.two_processes(figures, [REFRESH]).rows[1][3] == "1.50"


def test_a_scenario_no_python_peer_offers_is_left_out_and_one_that_one_of_them_offers_is_not() -> None:
    figures = {(name, "Lingpai"): of(2000) for name in (SIGNED, REFRESH)}
    figures[REFRESH, "django-oauth-toolkit"] = of(20)
    peers = ["django-oauth-toolkit", "canaille"]
    rows = tables.other_peers(figures, [SIGNED, REFRESH], peers, []).rows
    assert [row[0] for row in rows] == ["scenario", REFRESH]
    assert rows[1][1:] == ("2,000", "20.0", "", "100.0", "", "≥ 50 ✓")


def test_python_peers_that_are_all_missing_leave_a_table_with_the_reason() -> None:
    section = tables.other_peers({(REFRESH, "Lingpai"): of(2000)}, [REFRESH], [], ["canaille is missing."])
    assert section.notes == ("canaille is missing.",)


def test_growth_compares_the_slowest_size_with_the_smallest() -> None:
    figures = {(REFRESH, "10,000"): of(1, p50_ms=10.0), (REFRESH, "1 million"): of(1, p50_ms=14.0)}
    section = growth.section(figures, [REFRESH], [10_000, 1_000_000], [], on="SQLite")
    assert section.rows[1] == (REFRESH, "10.00", "14.00", "1.40", "≤ 1.3")


def test_start_and_memory_have_their_goals() -> None:
    assert [row[2] for row in start.section(0.8, 120.0).rows[1:]] == ["≤ 1 s ✓", "≤ 100 MB"]
