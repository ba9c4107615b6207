"""The consent page."""

import asyncio
from collections.abc import Callable

import pytest
from msgspec import structs

from lingpai.crypto.digest import new_id
from lingpai.server.storage.records import Account, Grant
from tests.unit.server.web.conftest import NOW, PASSWORD, Browser, House

DAY_S = 86_400


async def grant_of(house: House) -> Grant | None:
    return await house.server.store.grants.get(house.account.id, house.client.client_id)


async def test_without_a_session_the_person_signs_in_first(house: House) -> None:
    sealed = house.seal()
    response = await house.browser.get(f"/consent?request={sealed}")
    assert (response.status_code, response.headers["location"]) == (303, f"/sign-in?request={sealed}")


async def test_the_page_shows_who_asks_for_what_from_whom(house: House) -> None:
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal()}")
    assert page.status_code == 200
    for words in ("<bdi>Photo Print</bdi>", "print.example.com", "张三", "zhangsan", "Not you?", "See your albums"):
        assert words in page.text
    assert (
        "img-src 'self' data: https://print.example.com https://faces.example.com;"
        in (page.headers["content-security-policy"])
    )


async def test_nothing_is_ticked_but_what_is_required(house: House) -> None:
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal()}")
    assert page.text.count(" checked disabled") == 1
    assert page.text.count('name="scope"') == 3
    assert page.text.count(" checked") == 2, "the required permission and how long"
    assert 'value="30d" checked' in page.text


async def test_what_was_ticked_is_kept_as_long_as_was_chosen(house: House) -> None:
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal()}")
    answers = [("scope", "list_album"), ("lifetime", "90d"), ("decision", "allow")]
    response = await house.browser.submit(page, "consent-form", answers)
    assert response.status_code == 303
    grant = await grant_of(house)
    assert grant is not None
    assert grant.permissions == {"profile": NOW, "list_album": NOW}
    assert grant.declined == ("upload_pic",)
    assert grant.expires_at == NOW + 90 * DAY_S
    assert house.unseal(response.headers["location"]).consented == grant.id
    assert await house.events() == ["consent_given"]


async def test_refusing_keeps_nothing(house: House) -> None:
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal()}")
    answers = [("scope", "list_album"), ("lifetime", "90d"), ("decision", "refuse")]
    response = await house.browser.submit(page, "consent-form", answers)
    assert response.status_code == 303
    assert house.unseal(response.headers["location"]).refused
    assert await grant_of(house) is None
    assert await house.events() == ["consent_refused"]


async def test_allowing_nothing_is_asked_again(house: House) -> None:
    await house.server.store.clients.put(structs.replace(house.client, required_scope=""))
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal()}")
    response = await house.browser.submit(page, "consent-form", [("lifetime", "1d"), ("decision", "allow")])
    assert response.status_code == 422
    assert "Nothing is selected." in response.text
    assert 'value="1d" checked' in response.text
    assert await grant_of(house) is None


@pytest.mark.parametrize(("select", "ticked", "label"), [("all", 3, "Select none"), ("none", 1, "Select all")])
async def test_select_all_works_without_scripts(house: House, select: str, ticked: int, label: str) -> None:
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal()}")
    response = await house.browser.submit(page, "consent-form", [("lifetime", "forever"), ("select", select)])
    assert response.status_code == 200
    assert response.text.count(" checked") == ticked + 1
    assert 'value="forever" checked' in response.text
    assert f"{label}</button>" in response.text
    assert await grant_of(house) is None


async def test_only_what_is_new_is_asked(house: House) -> None:
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal(scope='profile')}")
    await house.browser.submit(page, "consent-form", [("lifetime", "30d"), ("decision", "allow")])
    page = await house.browser.get(f"/consent?request={house.seal(scope='profile list_album')}")
    assert page.text.count('name="scope"') == 1
    assert "You already allowed 1 permission<" in page.text
    assert "<li>Know your name</li>" in page.text


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([("scope", "nameless"), ("lifetime", "30d")], id="a permission that was not asked"),
        pytest.param([("scope", "list_album"), ("lifetime", "99d")], id="a time that was not offered"),
    ],
)
async def test_an_answer_to_another_question_is_asked_again(house: House, answers: list[tuple[str, str]]) -> None:
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal()}")
    response = await house.browser.submit(page, "consent-form", [*answers, ("decision", "allow")])
    assert response.status_code == 422
    assert await grant_of(house) is None


async def test_the_second_of_two_clicks_goes_on_too(house: House) -> None:
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal()}")
    answers = [("scope", "list_album"), ("lifetime", "30d"), ("decision", "allow")]
    first = await house.browser.submit(page, "consent-form", answers)
    second = await house.browser.submit(page, "consent-form", answers)
    assert [first.status_code, second.status_code] == [303, 303]
    assert second.headers["location"].startswith("/oauth2/authorize/resume?")


async def test_the_same_answer_many_times_at_once_is_one_answer(house: House) -> None:
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal()}")
    answers = [("scope", "list_album"), ("lifetime", "30d"), ("decision", "allow")]
    responses = await asyncio.gather(*(house.browser.submit(page, "consent-form", answers) for _ in range(16)))
    assert {response.status_code for response in responses} == {303}
    grant = await grant_of(house)
    assert grant is not None
    assert set(grant.permissions) == {"profile", "list_album"}
    assert await house.events() == ["consent_given"]


async def test_no_decision_is_no_consent(house: House) -> None:
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal()}")
    response = await house.browser.submit(page, "consent-form", [("scope", "list_album"), ("lifetime", "30d")])
    assert response.status_code == 400
    assert await grant_of(house) is None


@pytest.mark.spec("RFC 6749", "10.12", "consent cannot be given by a form of another site")
async def test_a_forged_form_gives_nothing(house: House, stranger: Callable[[], Browser]) -> None:
    await house.sign_in()
    sealed = house.seal()
    foreign = (await stranger().get("/sign-in")).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    for token in ("", "x", foreign):
        answers = [("scope", "list_album"), ("decision", "allow"), ("csrf_token", token)]
        response = await house.browser.post(f"/consent?request={sealed}", answers)
        assert response.status_code == 403
        assert "Nothing was changed." in response.text
    assert await grant_of(house) is None


async def test_a_page_drawn_for_one_account_does_not_speak_for_another(house: House) -> None:
    other = Account(id=new_id(), username="lisi", password_hash=await house.server.passwords.hash(PASSWORD))
    await house.server.store.accounts.put(other)
    await house.sign_in()
    drawn_for_zhangsan = await house.browser.get(f"/consent?request={house.seal()}")
    sign_in = await house.browser.get(f"/sign-in?request={house.seal()}")
    await house.browser.submit(sign_in, "sign-in-form", [("username", "lisi"), ("password", PASSWORD)])
    answers = [("scope", "list_album"), ("lifetime", "30d"), ("decision", "allow")]
    response = await house.browser.submit(drawn_for_zhangsan, "consent-form", answers)
    assert response.status_code == 403
    assert "lisi" in response.text
    assert await house.server.store.grants.get(other.id, house.client.client_id) is None


async def test_descriptions_fall_back_to_another_language_then_to_the_name(house: House) -> None:
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal(scope='upload_pic nameless')}", accept_language="en")
    assert "上传照片" in page.text
    assert "<span>nameless" in page.text


async def test_names_people_chose_are_escaped(house: House) -> None:
    await house.server.store.clients.put(
        structs.replace(house.client, client_name="<script>alert(1)</script>", client_uri="javascript:alert(1)")
    )
    await house.sign_in()
    page = await house.browser.get(f"/consent?request={house.seal()}")
    assert "<script>alert" not in page.text
    assert "javascript:" not in page.text


async def test_not_you_signs_out_and_comes_back_to_the_request(house: House) -> None:
    await house.sign_in()
    sealed = house.seal()
    page = await house.browser.get(f"/consent?request={sealed}")
    response = await house.browser.submit(page, "not-you-form", [])
    assert (response.status_code, response.headers["location"]) == (303, f"/sign-in?request={sealed}")
    assert (await house.browser.get(f"/consent?request={sealed}")).status_code == 303


async def test_without_a_request_there_is_nothing_to_consent_to(house: House) -> None:
    await house.sign_in()
    assert (await house.browser.get("/consent")).status_code == 400
