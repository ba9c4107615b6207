"""DingTalk, Feishu, Douyin and Baidu, each in its own JSON."""

from typing import ClassVar

import httpx2

from tests.unit.client.platforms.look_alike import REDIRECT_URI, Asked, LookAlike


class DingTalk(LookAlike):
    """JSON in camel case; the callback's authCode."""

    client_id = "dingabc"
    authorize_at = "https://login.dingtalk.com/oauth2/auth"

    def callback(self, params: dict[str, str]) -> dict[str, str]:
        assert (params["prompt"], params["scope"]) == ("consent", "openid")
        return {"authCode": self.code, "state": params["state"]}

    def answer(self, asked: Asked) -> httpx2.Response:
        assert asked.host == "api.dingtalk.com"
        match asked.path:
            case "/v1.0/oauth2/userAccessToken":
                sent = asked.json
                assert (sent["clientId"], sent["clientSecret"]) == (self.client_id, self.client_secret)
                if sent["grantType"] == "authorization_code" and sent["code"] != self.code:
                    error = {
                        "code": "invalidParameter.authCode.notFound",
                        "requestid": "1",
                        "message": "不合法的临时授权码",
                    }
                    return httpx2.Response(400, json=error)
                if sent["grantType"] == "refresh_token":
                    assert sent["refreshToken"] == self.refresh_token
                tokens = {"accessToken": self.access_token, "refreshToken": self.refresh_token, "expireIn": 7200}
                return httpx2.Response(200, json={**tokens, "corpId": "dingcorp"})
            case "/v1.0/contact/users/me":
                assert asked.headers["x-acs-dingtalk-access-token"] == self.access_token
                person = {
                    "nick": "张三",
                    "avatarUrl": "https://static.dingtalk.com/a.png",
                    "openId": "od1",
                    "unionId": "ud1",
                }
                return httpx2.Response(200, json={**person, "email": "zhang@example.com", "stateCode": "86"})
        return httpx2.Response(404)


class Feishu(LookAlike):
    """Version 2: nearly the standard, in JSON."""

    client_id = "cli_a5ca35a685b0x26e"
    authorize_at = "https://accounts.feishu.cn/open-apis/authen/v1/authorize"

    def answer(self, asked: Asked) -> httpx2.Response:
        assert asked.host == "open.feishu.cn"
        match asked.path:
            case "/open-apis/authen/v2/oauth/token":
                sent = asked.json
                assert (sent["client_id"], sent["client_secret"]) == (self.client_id, self.client_secret)
                if sent["grant_type"] == "authorization_code":
                    if sent["code"] != self.code:
                        error = {"code": 20003, "error": "invalid_grant", "error_description": "The code is invalid"}
                        return httpx2.Response(400, json=error)
                    self.check_pkce(sent.get("code_verifier"))
                    assert sent["redirect_uri"] == REDIRECT_URI
                tokens = {"code": 0, "access_token": self.access_token, "expires_in": 7200, "token_type": "Bearer"}
                return httpx2.Response(
                    200, json={**tokens, "refresh_token": self.refresh_token, "scope": "auth:user.id:read"}
                )
            case "/open-apis/authen/v1/user_info":
                return self.user_info(asked)
        return httpx2.Response(404)

    def user_info(self, asked: Asked) -> httpx2.Response:
        if asked.headers["authorization"] != f"Bearer {self.access_token}":
            return httpx2.Response(200, json={"code": 20005, "msg": "The user access token is invalid", "data": {}})
        person = {"name": "张三", "en_name": "Zhang San", "avatar_url": "https://s3-imfile.feishucdn.com/a"}
        data = {**person, "open_id": "ou_caecc734", "union_id": "on_d89jhsdhjsajkda7828enjdj328ydhhw"}
        return httpx2.Response(200, json={"code": 0, "msg": "success", "data": data})


class FeishuOld(Feishu):
    """Version 1: the application's own token first, everything inside data."""

    options: ClassVar = {"version": 1}

    def answer(self, asked: Asked) -> httpx2.Response:
        sent = asked.json
        tokens = {"access_token": self.access_token, "token_type": "Bearer", "expires_in": 6900}
        data = {**tokens, "refresh_token": self.refresh_token, "refresh_expires_in": 2591940}
        match asked.path:
            case "/open-apis/auth/v3/app_access_token/internal":
                if sent != {"app_id": self.client_id, "app_secret": self.client_secret}:
                    return httpx2.Response(200, json={"code": 10014, "msg": "app secret invalid"})
                return httpx2.Response(
                    200, json={"code": 0, "msg": "ok", "app_access_token": "a-7f1bcd13", "expire": 7200}
                )
            case "/open-apis/authen/v1/oidc/access_token":
                assert asked.headers["authorization"] == "Bearer a-7f1bcd13"
                if sent != {"grant_type": "authorization_code", "code": self.code}:
                    return httpx2.Response(200, json={"code": 20003, "msg": "code not found"})
                return httpx2.Response(200, json={"code": 0, "msg": "success", "data": data})
            case "/open-apis/authen/v1/oidc/refresh_access_token":
                assert asked.headers["authorization"] == "Bearer a-7f1bcd13"
                assert sent == {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
                return httpx2.Response(200, json={"code": 0, "msg": "success", "data": data})
        return self.user_info(asked)


class Douyin(LookAlike):
    """client_key; everything inside data, the number of the error too."""

    client_id = "aw0haqdl4fljkhaw"
    client_id_name = "client_key"
    authorize_at = "https://open.douyin.com/platform/oauth/connect/"

    def answer(self, asked: Asked) -> httpx2.Response:
        assert (asked.host, asked.method) == ("open.douyin.com", "POST")
        sent = asked.form
        tokens = {"access_token": self.access_token, "refresh_token": self.refresh_token, "expires_in": "86400"}
        fine = {"description": "", "error_code": 0, "open_id": "aaa-bbb-ccc"}
        match asked.path:
            case "/oauth/access_token/":
                assert (sent["client_key"], sent["client_secret"]) == (self.client_id, self.client_secret)
                if sent["code"] != self.code:
                    return httpx2.Response(200, json={"data": {"description": "code已过期", "error_code": 10007}})
                data = {**fine, **tokens, "refresh_expires_in": "86400", "scope": "user_info"}
                return httpx2.Response(200, json={"data": data, "message": "success"})
            case "/oauth/refresh_token/":
                assert sent == {
                    "client_key": self.client_id,
                    "grant_type": "refresh_token",
                    "refresh_token": self.refresh_token,
                }
                return httpx2.Response(200, json={"data": {**fine, **tokens}, "message": "success"})
            case "/oauth/userinfo/":
                assert sent == {"access_token": self.access_token, "open_id": "aaa-bbb-ccc"}
                person = {"nickname": "张三", "avatar": "https://p3.douyinpic.com/a.jpeg", "union_id": "uuu"}
                return httpx2.Response(200, json={"data": {**fine, **person}, "message": "success"})
        return httpx2.Response(404)


class Baidu(LookAlike):
    """GET, two kinds of errors, half a picture."""

    authorize_at = "https://openapi.baidu.com/oauth/2.0/authorize"

    def answer(self, asked: Asked) -> httpx2.Response:
        assert (asked.host, asked.method) == ("openapi.baidu.com", "GET")
        sent = asked.query
        match asked.path:
            case "/oauth/2.0/token":
                assert sent["client_secret"] == self.client_secret
                if sent["grant_type"] == "authorization_code" and sent["code"] != self.code:
                    error = {"error": "invalid_grant", "error_description": "Invalid authorization code"}
                    return httpx2.Response(400, json=error)
                tokens = {"access_token": self.access_token, "expires_in": 2592000, "refresh_token": self.refresh_token}
                return httpx2.Response(
                    200, json={**tokens, "scope": "basic", "session_key": "k", "session_secret": "s"}
                )
            case "/rest/2.0/passport/users/getInfo":
                if sent["access_token"] != self.access_token:
                    error = {"error_code": "110", "error_msg": "Access token invalid or no longer valid"}
                    return httpx2.Response(200, json=error)
                person = {"openid": "oPXyY4O0ZTmUqSX4", "unionid": "uA91qQ6gAISTuy0m", "username": "张**", "sex": "1"}
                return httpx2.Response(200, json={**person, "portrait": "e2c1776c31393837313031319605"})
        return httpx2.Response(404)
