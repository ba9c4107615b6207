"""Which new passwords are taken, and what is said of the others."""

import pytest

from lingpai.server.accounts.password_strength import weakness_of

GOOD = [
    "orange bicycle under seven clouds",
    "panda-eats-bamboo",
    "正确的马电池订书钉在云上",
    "xK9$mQ2!vL7p",
    "é" * 5 + "Ünbekannt-Ö7",
]


@pytest.mark.parametrize("password", GOOD)
def test_what_nobody_guesses_is_taken(password: str) -> None:
    assert weakness_of(password) is None


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("", "short"),
        ("ab3$x", "short"),
        ("       a       ", "short"),
        ("x" * 1025, "long"),
        ("password1", "common"),
        ("dragonball", "common"),
        ("lihua1234", "personal"),
        ("abcdefgh", "pattern"),
        ("zzzzzzzzzz", "pattern"),
        ("20011225", "pattern"),
    ],
)
def test_what_is_guessed_is_named(password: str, weakness: str) -> None:
    assert weakness_of(password, about=("Li Hua", "lihua@example.com")) == weakness


@pytest.mark.parametrize("password", ["a" * 1024, "\ud800" * 20, "0123456789" * 100, "😀" * 200])
def test_no_password_takes_long_or_breaks_it(password: str) -> None:
    weakness_of(password)
