"""Where QQ Connect's endpoints are, once. ``/moc2`` is what Tencent's WAP host has."""

AUTHORIZE = "/oauth2.0/authorize"
TOKEN = "/oauth2.0/token"
ME = "/oauth2.0/me"
WAP_AUTHORIZE = "/moc2/authorize"
WAP_TOKEN = "/moc2/token"
WAP_ME = "/moc2/me"

_FOLDERS = ("user", "photo", "blog", "shuoshuo", "share", "t", "relation", "cft_info")
APIS = tuple(f"/{folder}/{{api}}" for folder in _FOLDERS)
"""Where QQ has APIs: what is not served below is refused in its manner."""
