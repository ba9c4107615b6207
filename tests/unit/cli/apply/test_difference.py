from typing import Any

from lingpai.cli.apply.difference import FieldDifference, account_after, client_after, compare
from lingpai.cli.apply.document import ACCOUNTS, CLIENTS, Entry
from lingpai.server.storage.records import Account, Client, ClientSecret

NOW = 1_800_000_000
BEFORE = NOW - 1000
SECRET = ClientSecret(b"digest", BEFORE)
STORED = Client(
    client_id="print",
    client_name="Print",
    client_secrets=(SECRET,),
    scope="list_album openid",
    created_at=BEFORE,
    updated_at=BEFORE,
)
PERSON = Account(
    id=b"1" * 16, username="zhangsan", password_hash="hash", name="三", created_at=BEFORE, updated_at=BEFORE
)


def client(**values: Any) -> Entry:
    return Entry(CLIENTS, 0, {"client_id": "print", "client_name": "Print"} | values)


def account(**values: Any) -> Entry:
    return Entry(ACCOUNTS, 0, {"username": "ZhangSan"} | values)


def test_the_same_again_is_no_difference_down_to_the_instants() -> None:
    after = client_after(client(scope="openid list_album"), STORED, (SECRET,), NOW, id_token_alg="RS256")
    assert after == STORED
    assert compare(CLIENTS, "print", STORED, after).status == "unchanged"


def test_a_changed_field_is_shown_before_and_after_and_moves_updated_at() -> None:
    after = client_after(client(scope="openid"), STORED, (SECRET,), NOW, id_token_alg="RS256")
    assert (after.created_at, after.updated_at) == (BEFORE, NOW)
    difference = compare(CLIENTS, "print", STORED, after)
    assert difference.status == "changed"
    assert difference.fields == (FieldDifference("scope", '"list_album openid"', '"openid"'),)


def test_a_field_taken_out_of_the_file_goes_back_to_its_default() -> None:
    assert client_after(client(), STORED, (SECRET,), NOW, id_token_alg="RS256").scope == ""


def test_secrets_are_only_said_to_differ() -> None:
    after = client_after(
        client(scope="list_album openid"), STORED, (ClientSecret(b"other", NOW),), NOW, id_token_alg="RS256"
    )
    assert compare(CLIENTS, "print", STORED, after).fields == (FieldDifference("client_secrets", "", "(changed)"),)
    new = compare(CLIENTS, "print", None, after)
    assert FieldDifference("client_secrets", "", "(set)") in new.fields


def test_a_disabled_client_stays_disabled_unless_the_file_says_otherwise() -> None:
    disabled = client_after(client(disabled=True), STORED, (SECRET,), NOW, id_token_alg="RS256")
    assert disabled.disabled_at == NOW
    assert client_after(client(), disabled, (SECRET,), NOW + 5, id_token_alg="RS256").disabled_at == NOW
    assert client_after(client(disabled=True), disabled, (SECRET,), NOW + 5, id_token_alg="RS256").disabled_at == NOW
    assert client_after(client(disabled=False), disabled, (SECRET,), NOW + 5, id_token_alg="RS256").disabled_at is None


def test_what_the_file_does_not_say_of_a_person_stays_as_it_is() -> None:
    after = account_after(account(email="z@example.com"), PERSON, b"2" * 16, "hash", NOW)
    assert (after.id, after.name, after.email, after.updated_at) == (PERSON.id, "三", "z@example.com", NOW)
    assert compare(ACCOUNTS, "zhangsan", PERSON, after).fields == (FieldDifference("email", '""', '"z@example.com"'),)


def test_a_new_account_gets_the_given_id_and_its_canonical_name() -> None:
    after = account_after(account(), None, b"2" * 16, None, NOW)
    assert (after.id, after.username, after.created_at) == (b"2" * 16, "zhangsan", NOW)
    assert compare(ACCOUNTS, "zhangsan", None, after).status == "added"
