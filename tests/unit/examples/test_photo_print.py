import re

import pytest

from examples.photo_print.app import BROWSER_COOKIE, REFRESH_BEFORE_S, VISIT_COOKIE, VISIT_LIFETIME_S
from examples.photo_print.texts import TEXTS, choose_language
from tests.unit.examples.stand_in import ISSUER, PHOTOS, SHOP, Town

EN = TEXTS["en"]
ZH = TEXTS["zh-CN"]


async def test_the_start_page_leads_to_sign_in(town: Town) -> None:
    page = await town.browser.get("/")
    assert 'href="/user/login"' in page.text


async def test_sign_in_asks_for_both_permissions_with_pkce(town: Town) -> None:
    asked = await town.begin()
    assert asked["client_id"] == "photo-print"
    assert asked["scope"] == "get_user_info list_album"
    assert asked["redirect_uri"] == f"{SHOP}/user/callback"
    assert asked["code_challenge_method"] == "S256"
    assert "prompt" not in asked


async def test_asking_again_makes_the_server_show_its_consent_page(town: Town) -> None:
    assert (await town.begin("/user/login?ask=list_album"))["prompt"] == "consent"


async def test_after_sign_in_the_person_is_greeted_and_sees_the_albums(town: Town) -> None:
    back = await town.sign_in()
    assert (back.status_code, back.headers["location"]) == (303, "/")
    page = await town.browser.get("/", headers={"Accept-Language": "zh-CN"})
    assert "你已经登录，欢迎你 zhangsan" in page.text
    assert f'src="{PHOTOS}/avatars/zhangsan.png"' in page.text
    assert "颐和园的一天" in page.text
    links = re.findall(r'<img src="([^"]+/pictures/[^"]+)"', page.text)
    assert len(links) == 4
    assert (await town.api.get(links[0].replace("&amp;", "&"))).headers["content-type"] == "image/jpeg"


async def test_the_browser_gets_a_random_id_and_never_a_token(town: Town) -> None:
    back = await town.sign_in()
    page = await town.browser.get("/")
    cookie = back.headers["set-cookie"]
    assert cookie.startswith(f"{VISIT_COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    for secret in ("access-0", "refresh-0"):
        assert secret not in page.text + str(page.headers) + str(back.headers)


async def test_signing_in_gives_a_new_session_id_and_gives_the_old_tokens_back(town: Town) -> None:
    await town.sign_in()
    before = town.browser.cookies[VISIT_COOKIE]
    await town.sign_in()
    assert town.browser.cookies[VISIT_COOKIE] != before
    assert town.server.revoked == ["refresh-0"]


async def test_without_the_albums_permission_the_page_says_what_is_missing(town: Town) -> None:
    town.server.scope = "get_user_info"
    await town.sign_in()
    page = await town.browser.get("/")
    assert EN["missing_title"] in page.text
    assert 'href="/user/login?ask=list_album"' in page.text
    assert "/pictures/" not in page.text


async def test_a_permission_taken_back_alone_is_said_to_be_missing(town: Town) -> None:
    await town.sign_in()
    town.server.scope = "get_user_info"
    assert EN["missing_title"] in (await town.browser.get("/")).text


async def test_when_the_person_ends_the_access_the_page_says_so_and_offers_sign_in(town: Town) -> None:
    await town.sign_in()
    town.server.is_ended = True
    for _ in range(2):
        page = await town.browser.get("/")
        assert page.status_code == 200
        assert EN["ended_title"] in page.text
        assert 'href="/user/login"' in page.text


@pytest.mark.parametrize(
    ("answer", "status", "title"),
    [
        ({"error": "access_denied"}, 200, "refused_title"),
        ({"error": "server_error"}, 400, "failed_title"),
        ({"code": "bad-code"}, 400, "failed_title"),
        ({}, 400, "failed_title"),
        ({"code": "good-code", "iss": "http://localhost:4001"}, 400, "failed_title"),
    ],
    ids=["refused by the person", "an error of the server", "a code that is no good", "neither", "another issuer"],
)
async def test_a_sign_in_that_does_not_work_ends_on_a_page_that_explains_it(
    town: Town, answer: dict[str, str], status: int, title: str
) -> None:
    page = await town.come_back((await town.begin())["state"], **answer)
    assert page.status_code == status
    assert EN[title] in page.text
    assert VISIT_COOKIE not in town.browser.cookies


async def test_refusing_to_allow_more_leaves_the_person_signed_in(town: Town) -> None:
    town.server.scope = "get_user_info"
    await town.sign_in()
    back = await town.come_back((await town.begin("/user/login?ask=list_album"))["state"], error="access_denied")
    page = await town.browser.get(back.headers["location"])
    assert EN["refused_more"] in page.text
    assert "zhangsan" in page.text


async def test_refusing_after_the_access_ended_is_a_plain_refusal(town: Town) -> None:
    await town.sign_in()
    town.server.is_ended = True
    await town.browser.get("/")
    page = await town.come_back((await town.begin())["state"], error="access_denied")
    assert EN["refused_title"] in page.text


async def test_a_callback_works_once(town: Town) -> None:
    state = (await town.begin())["state"]
    assert (await town.come_back(state, code="good-code")).status_code == 303
    again = await town.come_back(state, code="good-code")
    assert EN["lost_title"] in again.text


@pytest.mark.parametrize("cookie", ["", "another", "\xe9"], ids=["without cookie", "another one", "not ASCII"])
async def test_a_callback_in_another_browser_signs_nobody_in(town: Town, cookie: str) -> None:
    state = (await town.begin())["state"]
    headers = {b"Cookie": f"{BROWSER_COOKIE}={cookie}".encode("latin-1")}
    answer = await town.new_browser().get(
        "/user/callback", params={"state": state, "iss": ISSUER, "code": "good-code"}, headers=headers
    )
    assert EN["lost_title"] in answer.text
    assert "set-cookie" not in answer.headers


async def test_two_sign_ins_begun_in_two_tabs_both_work(town: Town) -> None:
    first, second = await town.begin(), await town.begin()
    assert (await town.come_back(second["state"], code="good-code")).status_code == 303
    assert (await town.come_back(first["state"], code="good-code")).status_code == 303


async def test_tokens_are_refreshed_shortly_before_they_expire(town: Town) -> None:
    await town.sign_in()
    town.clock.now += 3600 - REFRESH_BEFORE_S - 1
    await town.browser.get("/")
    assert town.server.refreshed == 0
    town.clock.now += 1
    await town.browser.get("/")
    await town.browser.get("/")
    assert town.server.refreshed == 1


@pytest.mark.parametrize(
    ("code", "title"),
    [("invalid_grant", "ended_title"), ("temporarily_unavailable", "away_title")],
    ids=["because the access ended", "because the server is busy"],
)
async def test_a_refused_refresh_is_explained(town: Town, code: str, title: str) -> None:
    await town.sign_in()
    town.server.refresh_refusal = code
    town.clock.now += 3600
    assert EN[title] in (await town.browser.get("/")).text


async def test_when_the_sign_in_service_is_away_every_page_says_so(town: Town) -> None:
    town.server.is_away = True
    assert EN["away_title"] in (await town.browser.get("/user/login")).text
    town.server.is_away = False
    state = (await town.begin())["state"]
    town.server.is_away = True
    assert EN["away_title"] in (await town.come_back(state, code="good-code")).text


async def test_when_the_photo_service_cannot_ask_the_page_says_to_try_again(town: Town) -> None:
    await town.sign_in()
    town.server.is_away = True
    page = await town.browser.get("/")
    assert page.status_code == 503
    assert EN["photos_away_title"] in page.text


async def test_sign_out_forgets_the_person_and_gives_the_tokens_back(town: Town) -> None:
    await town.sign_in()
    await town.browser.post("/user/logout", headers={"Origin": SHOP})
    assert town.server.revoked == ["refresh-0"]
    assert 'href="/user/login"' in (await town.browser.get("/")).text


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost:4000"}], ids=["no origin", "a foreign origin"])
async def test_another_page_cannot_sign_the_person_out(town: Town, headers: dict[str, str]) -> None:
    await town.sign_in()
    await town.browser.post("/user/logout", headers=headers)
    assert "zhangsan" in (await town.browser.get("/")).text


async def test_a_visit_ends_by_itself(town: Town) -> None:
    await town.sign_in()
    town.clock.now += VISIT_LIFETIME_S
    assert "zhangsan" not in (await town.browser.get("/")).text


async def test_what_the_server_says_about_a_person_is_text_not_markup(town: Town) -> None:
    town.server.claims = {"nickname": "<b>&", "picture": '"><script>'}
    await town.sign_in()
    page = (await town.browser.get("/")).text
    assert "&lt;b&gt;&amp;" in page
    assert "<script" not in page


async def test_pages_let_nothing_foreign_in(town: Town) -> None:
    policy = (await town.browser.get("/")).headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'self'; img-src 'self' {PHOTOS};")


async def test_an_unknown_page_is_a_friendly_404(town: Town) -> None:
    page = await town.browser.get("/nowhere")
    assert page.status_code == 404
    assert EN["not_found_title"] in page.text


async def test_a_language_is_remembered_and_an_unknown_one_ignored(town: Town) -> None:
    await town.browser.get("/language/zh-CN")
    await town.browser.get("/language/xx")
    assert ZH["tagline"] in (await town.browser.get("/", headers={"Accept-Language": "en"})).text


@pytest.mark.parametrize(
    ("chosen", "accept_language", "language"),
    [
        ("", "", "en"),
        ("", "zh", "zh-CN"),
        ("", "zh-TW,en;q=0.5", "zh-CN"),
        ("", "fr, en-GB;q=0.8, zh;q=0.5", "en"),
        ("zh-CN", "en", "zh-CN"),
        ("xx", "zh", "zh-CN"),
        ("", ",;;q=,", "en"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_first_known(chosen: str, accept_language: str, language: str) -> None:
    assert choose_language(chosen, accept_language) == language


def test_both_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    def shape(language: str) -> dict[str, list[str]]:
        return {key: sorted(re.findall(r"\{\w+\}", text)) for key, text in TEXTS[language].items()}

    assert shape("en") == shape("zh-CN")
