from bench.page import merge, on_screen
from bench.report import Section

LOAD = Section("One process on one core", "What it is.", (("scenario", "/s"), ("JWKS", "9")), ("A remark.",))
START = Section("Start and memory", "Starts.", (("", "reached"), ("start", "0.5 s")))


def test_a_section_says_what_it_is_and_when_it_was_measured_and_has_its_remarks() -> None:
    page = merge("", [LOAD], "Monday.")
    assert page.startswith("# Performance\n")
    assert page.endswith(
        "\n## One process on one core\n\nWhat it is.\n\nMonday.\n\n"
        "| scenario | /s |\n| --- | ---: |\n| JWKS | 9 |\n\n- A remark.\n"
    )


def test_a_run_renews_its_own_sections_and_leaves_the_others_as_they_were() -> None:
    before = merge("", [LOAD, START], "Monday.")
    after = merge(before, [START], "Tuesday.")
    assert after.count("## ") == 2
    assert after.count("Monday.") == after.count("Tuesday.") == 1
    assert after.index("Monday.") < after.index("Tuesday.")


def test_the_order_of_the_page_does_not_depend_on_the_order_of_the_runs() -> None:
    assert merge(merge("", [START], "."), [LOAD], ".") == merge(merge("", [LOAD], "."), [START], ".")


def test_what_stands_before_the_first_section_is_written_anew() -> None:
    assert "an old introduction" not in merge("# Performance\n\nan old introduction\n", [LOAD], ".")


def test_on_the_screen_figures_stand_under_each_other() -> None:
    assert on_screen(LOAD).splitlines()[1:3] == ["scenario  /s", "JWKS       9"]
