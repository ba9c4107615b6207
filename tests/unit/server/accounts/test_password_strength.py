"""Which new passwords are taken, and what is said of the others."""

import time

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


@pytest.mark.parametrize("password", ["8|4<$!62+<05{l@|$||@2@913<l500@5<(!973[6", "4@8({[<369!1|7l0$5+%2" * 2])
def test_digits_and_signs_that_could_all_be_letters_keep_nobody_waiting(password: str) -> None:
    """Each doubles the ways to read it: whoever has one link to register could stop the server with such a form."""
    weakness_of("the word lists are loaded now")
    began = time.thread_time()
    assert weakness_of(password) is None
    assert time.thread_time() - began < 0.3
