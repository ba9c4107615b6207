"""Claims of somebody else's making become an identity, each only if it is what it should be."""

from typing import Any

import pytest

from lingpai.server.upstream.openid import identity_of
from lingpai.server.upstream.provider import UpstreamRefused


def _read(**claims: Any) -> Any:
    return identity_of("company", {"sub": "248289761001"} | claims, trust_amr=True)


@pytest.mark.parametrize("subject", [None, "", 5, True, ["a"], "a" * 256, "a\x00", "\ud800"])
def test_without_a_subject_it_is_nobody(subject: object) -> None:
    with pytest.raises(UpstreamRefused):
        _read(sub=subject)


@pytest.mark.spec("OpenID Connect Core 1.0", "5.7", "only an address that is verified is taken over")
@pytest.mark.parametrize(
    ("verified", "email"),
    [(True, "a@example.com"), ("true", "a@example.com"), (False, ""), (None, ""), ("false", ""), (1.5, ""), ("1", "")],
)
def test_an_address_counts_only_with_a_clear_yes(verified: object, email: str) -> None:
    assert _read(email="a@example.com", email_verified=verified).email == email


@pytest.mark.parametrize("name", [None, 5, {"a": 1}, "a\u202eb", "a\x00b", "a\nb", "x" * 201])
def test_a_name_that_is_none_is_left_out(name: object) -> None:
    assert not _read(name=name).name


@pytest.mark.parametrize("picture", ["javascript:alert(1)", "data:image/svg+xml,<svg/>", "//a.test/b", "https:/\n"])
def test_a_picture_is_an_address_of_the_web(picture: str) -> None:
    assert not _read(picture=picture).picture
    assert _read(picture="https://a.test/b.png").picture == "https://a.test/b.png"


@pytest.mark.parametrize("auth_time", [None, "1", True, 1.5, [], {}, -1, 10**30])
def test_a_time_that_is_none_is_left_out(auth_time: object) -> None:
    assert _read(auth_time=auth_time).auth_time is None


def test_how_somebody_signed_in_there_counts_only_where_that_is_trusted() -> None:
    amr = ["pwd", "otp", 5, "two words", "x" * 21, "é"]
    assert _read(amr=amr).amr == ("pwd", "otp")
    assert identity_of("company", {"sub": "1", "amr": ["pwd"]}, trust_amr=False).amr == ()
    assert _read(amr="pwd").amr == ()


def test_what_its_owner_recognises_it_by() -> None:
    assert _read(name=" Li ", preferred_username="li").label == "Li"
    assert _read(preferred_username="li").label == "li"
    assert not _read().label
