import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.server.accounts.account import canonical_username, subject, userinfo_claims
from lingpai.server.storage.records import Account, ScopeDefinition

ADA = Account(
    id=bytes(range(16)),
    username="ada",
    name="Ada Lovelace",
    picture="https://photos.example/ada.png",
    email="ada@example.com",
    email_verified=True,
    locale="zh_CN",
    claims={"nickname": "Countess", "gender": "female"},
    updated_at=1_700_000_000,
)


@pytest.mark.spec("RFC 8265", "3.3", "case, width and composition make no second username")
@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        pytest.param("zhangsan", "zhangsan", id="already canonical"),
        pytest.param("  ZhangSan\t", "zhangsan", id="capitals and spaces around"),
        pytest.param("\uff3a\uff48angsan", "zhangsan", id="full-width letters"),
        pytest.param("张三", "张三", id="Chinese"),
        pytest.param("Ame\u0301lie", "am\u00e9lie", id="a decomposed accent"),
        pytest.param("STRASSE", "strasse", id="capitals that fold together"),
        pytest.param("Straße", "strasse", id="sharp s folds to ss"),
        pytest.param("li\u00a0si", "li si", id="a no-break space"),
        pytest.param("li   si", "li si", id="several spaces"),
        pytest.param("ada@EXAMPLE.com", "ada@example.com", id="an e-mail address"),
    ],
)
def test_every_spelling_of_a_username_is_the_same_name(typed: str, canonical: str) -> None:
    assert canonical_username(typed) == canonical


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="empty"),
        pytest.param(" \u3000\n", id="only spaces"),
        pytest.param("a" * 129, id="too long"),
        pytest.param("\ufdfa" * 50, id="too long once written out"),
        pytest.param("a" * 1_000_000, id="1 MB"),
        pytest.param("ad\x00a", id="NUL"),
        pytest.param("ad\na", id="a line break inside"),
        pytest.param("ad\x7fa", id="DEL"),
        pytest.param("ad\u200ba", id="a zero-width space"),
        pytest.param("ad\u202ea", id="a change of direction"),
        pytest.param("ad\ud800a", id="half a surrogate pair"),
        pytest.param("ad\U000e0041a", id="an invisible tag"),
        pytest.param("ad\U0003fffda", id="an unassigned character"),
    ],
)
def test_what_cannot_be_a_username_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="a username"):
        canonical_username(typed)


@given(st.text(max_size=40))
def test_a_canonical_username_is_its_own_canonical_form(typed: str) -> None:
    try:
        name = canonical_username(typed)
    except ValueError:
        return
    assert canonical_username(name) == name


@pytest.mark.spec("OpenID Connect Core 1.0", "2", "sub is at most 255 ASCII characters and never reassigned")
def test_the_subject_is_the_id_and_not_the_name() -> None:
    assert subject(ADA) == "000102030405060708090a0b0c0d0e0f"


def test_without_a_permission_nothing_is_told() -> None:
    assert userinfo_claims(ADA, []) == {}


def test_a_claim_asked_for_by_name_is_told_besides() -> None:
    assert userinfo_claims(ADA, [], ["nickname", "nothing"]) == {"nickname": "Countess"}


def test_a_permission_opens_the_claims_it_names_and_no_others() -> None:
    profile = ScopeDefinition(name="profile", claims=("name", "nickname", "picture", "preferred_username"))
    assert userinfo_claims(ADA, [profile]) == {
        "name": "Ada Lovelace",
        "nickname": "Countess",
        "picture": "https://photos.example/ada.png",
        "preferred_username": "ada",
    }


@pytest.mark.spec("OpenID Connect Core 1.0", "5.1", "email_verified and updated_at are JSON boolean and number")
def test_claims_have_the_types_of_the_specification() -> None:
    scope = ScopeDefinition(name="all", claims=("email", "email_verified", "updated_at", "locale"))
    assert json.dumps(userinfo_claims(ADA, [scope])) == json.dumps(
        {
            "email": "ada@example.com",
            "email_verified": True,
            "locale": "zh-CN",
            "updated_at": 1_700_000_000,
        }
    )


@pytest.mark.spec("OpenID Connect Core 1.0", "5.3.2", "claims without a value are left out")
def test_a_claim_the_account_does_not_have_is_left_out() -> None:
    scope = ScopeDefinition(name="all", claims=("email", "email_verified", "name", "nickname", "updated_at", "address"))
    assert userinfo_claims(Account(id=b"b" * 16, username="bob"), [scope]) == {}


def test_the_free_claims_of_an_account_cannot_speak_for_the_token_or_the_record() -> None:
    forged = Account(
        id=b"m" * 16,
        username="mallory",
        email="mallory@example.com",
        claims={"sub": "00" * 16, "iss": "https://evil.example", "email_verified": True, "email": "ada@example.com"},
    )
    scope = ScopeDefinition(name="all", claims=("sub", "iss", "email", "email_verified"))
    assert userinfo_claims(forged, [scope]) == {
        "email": "mallory@example.com",
        "email_verified": False,
    }
