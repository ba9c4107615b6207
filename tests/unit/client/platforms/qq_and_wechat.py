"""Tencent's two, and Weibo."""

from typing import ClassVar

import httpx2

from tests.unit.client.platforms.look_alike import REDIRECT_URI, Asked, LookAlike, compact, html


class QQ(LookAlike):
    """Tokens as a query string, /me as JSONP, everything text/html under status 200."""

    authorize_at = "https://graph.qq.com/oauth2.0/authorize"
    openid = "0E302B779D8D4C72D21E3172C015682B"
    options: ClassVar = {"unionid": True}

    def answer(self, asked: Asked) -> httpx2.Response:
        assert (asked.host, asked.method) == ("graph.qq.com", "GET")
        sent = asked.query
        match asked.path:
            case "/oauth2.0/token":
                if sent.get("client_secret") != self.client_secret:
                    return html('callback( {"error":100009,"error_description":"client secret is illegal"} );\n')
                if sent["grant_type"] == "authorization_code":
                    if sent["code"] != self.code or sent["redirect_uri"] != REDIRECT_URI:
                        return html('callback( {"error":100019,"error_description":"code to access token error"} );\n')
                    return html(
                        f"access_token={self.access_token}&expires_in=7776000&refresh_token={self.refresh_token}"
                    )
                assert sent["refresh_token"] == self.refresh_token
                return html(f"access_token=1{self.access_token[1:]}&expires_in=7776000&refresh_token=NEW1")
            case "/oauth2.0/me":
                who = {"client_id": self.client_id, "openid": self.openid}
                if sent.get("unionid") == "1":
                    who["unionid"] = "UID_6F6E"
                return html(f"callback( {compact(who)} );\n")
            case "/user/get_user_info":
                if sent["openid"] != self.openid or sent["oauth_consumer_key"] != self.client_id:
                    return html(compact({"ret": -22, "msg": "openid is invalid"}))
                pictures = {
                    "figureurl_qq_1": "http://thirdqq.qlogo.cn/40",
                    "figureurl_qq": "http://thirdqq.qlogo.cn/640",
                }
                return html(
                    compact({"ret": 0, "msg": "", "is_lost": 0, "nickname": "张三", "gender": "男", **pictures})
                )
        return httpx2.Response(404)


class WeChat(LookAlike):
    """JSON as text/plain, errors under 200, no redirect_uri at the token endpoint."""

    client_id = "wx0123456789abcdef"
    client_id_name = "appid"
    authorize_at = "https://open.weixin.qq.com/connect/qrconnect"
    openid = "oLVPpjqs9BhvzwPj5A-vTYAX3GLc"

    def answer(self, asked: Asked) -> httpx2.Response:
        assert (asked.host, asked.method) == ("api.weixin.qq.com", "GET")
        sent = asked.query
        tokens = {
            "access_token": self.access_token,
            "expires_in": 7200,
            "refresh_token": self.refresh_token,
            "openid": self.openid,
            "scope": "snsapi_login",
            "unionid": "o6_bmasdasdsad6_2sgVt7hMZOPfL",
        }
        match asked.path:
            case "/sns/oauth2/access_token":
                if sent != {
                    "appid": self.client_id,
                    "secret": self.client_secret,
                    "code": self.code,
                    "grant_type": "authorization_code",
                }:
                    return httpx2.Response(200, text='{"errcode":40029,"errmsg":"invalid code, rid: 1-2-3"}')
                return httpx2.Response(200, text=compact(tokens))
            case "/sns/oauth2/refresh_token":
                assert sent == {
                    "appid": self.client_id,
                    "grant_type": "refresh_token",
                    "refresh_token": self.refresh_token,
                }
                return httpx2.Response(200, text=compact({**tokens, "access_token": "NEXT"}))
            case "/sns/userinfo":
                if sent["openid"] != self.openid:
                    return httpx2.Response(200, text='{"errcode":40003,"errmsg":"invalid openid"}')
                person = {
                    "openid": self.openid,
                    "nickname": "张三",
                    "sex": 1,
                    "headimgurl": "https://thirdwx.qlogo.cn/0",
                }
                return httpx2.Response(200, text=compact({**person, "privilege": [], "unionid": tokens["unionid"]}))
        return httpx2.Response(404)


class Weibo(LookAlike):
    """The uid comes with the tokens."""

    authorize_at = "https://api.weibo.com/oauth2/authorize"

    def answer(self, asked: Asked) -> httpx2.Response:
        assert asked.host == "api.weibo.com"
        match asked.path:
            case "/oauth2/access_token":
                sent = {**asked.query, **asked.form}
                assert asked.method == "POST"
                if sent["code"] != self.code:
                    error = {
                        "error": "invalid_grant",
                        "error_code": 21325,
                        "error_description": "invalid authorization code",
                    }
                    return httpx2.Response(400, json=error)
                assert (sent["client_secret"], sent["redirect_uri"]) == (self.client_secret, REDIRECT_URI)
                tokens = {"access_token": self.access_token, "remind_in": "157679999", "expires_in": 157679999}
                return httpx2.Response(200, json={**tokens, "uid": "1404376560", "isRealName": "true"})
            case "/2/users/show.json":
                assert asked.query == {"access_token": self.access_token, "uid": "1404376560"}
                person = {"id": 1404376560, "idstr": "1404376560", "screen_name": "张三", "name": "张三"}
                return httpx2.Response(200, json={**person, "avatar_large": "https://tvax.sinaimg.cn/180"})
        return httpx2.Response(404)
