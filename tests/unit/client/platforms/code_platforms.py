"""Gitee and GitHub."""

import httpx2

from tests.unit.client.foreign import NOW
from tests.unit.client.platforms.look_alike import Asked, LookAlike


class Gitee(LookAlike):
    """Standard."""

    authorize_at = "https://gitee.com/oauth/authorize"

    def answer(self, asked: Asked) -> httpx2.Response:
        assert asked.host == "gitee.com"
        match asked.path:
            case "/oauth/token":
                sent = asked.form
                assert sent["client_secret"] == self.client_secret
                if sent["grant_type"] == "authorization_code" and sent["code"] != self.code:
                    error = {"error": "invalid_grant", "error_description": "授权方式无效"}
                    return httpx2.Response(401, json=error)
                tokens = {"access_token": self.access_token, "token_type": "bearer", "expires_in": 86400}
                more = {"refresh_token": self.refresh_token, "scope": "user_info", "created_at": NOW}
                return httpx2.Response(200, json={**tokens, **more})
            case "/api/v5/user":
                assert asked.headers["authorization"] == f"Bearer {self.access_token}"
                person = {"id": 7, "login": "zhangsan", "name": "张三", "avatar_url": "https://gitee.com/a.png"}
                return httpx2.Response(200, json={**person, "email": "zhang@example.com"})
        return httpx2.Response(404)


class GitHub(LookAlike):
    """Errors under 200; the checked address in a list."""

    client_id = "Iv1.8a61f9b3a7aba766"
    authorize_at = "https://github.com/login/oauth/authorize"

    def answer(self, asked: Asked) -> httpx2.Response:
        match asked.host, asked.path:
            case "github.com", "/login/oauth/access_token":
                sent = asked.form
                assert (asked.method, asked.headers["accept"]) == ("POST", "application/json")
                assert sent["client_secret"] == self.client_secret
                if "code" in sent and sent["code"] != self.code:
                    error = {
                        "error": "bad_verification_code",
                        "error_description": "The code passed is incorrect or expired.",
                    }
                    return httpx2.Response(200, json=error)
                if "code" in sent:
                    self.check_pkce(sent.get("code_verifier"))
                tokens = {"access_token": self.access_token, "token_type": "bearer", "scope": "read:user,user:email"}
                return httpx2.Response(200, json={**tokens, "expires_in": 28800, "refresh_token": self.refresh_token})
            case "api.github.com", "/user":
                if asked.headers["authorization"] != f"Bearer {self.access_token}":
                    return httpx2.Response(401, json={"message": "Bad credentials", "status": "401"})
                person = {"id": 583231, "login": "zhangsan", "name": None, "email": "shown@example.com"}
                return httpx2.Response(
                    200, json={**person, "avatar_url": "https://avatars.githubusercontent.com/u/583231"}
                )
            case "api.github.com", "/user/emails":
                other = {"email": "other@example.com", "primary": False, "verified": True}
                return httpx2.Response(200, json=[other, {"email": "z@example.com", "primary": True, "verified": True}])
        return httpx2.Response(404)
