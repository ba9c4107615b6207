"""The addresses of the pages, each once. Owns the constants; which handler answers them is ``routes``'.

``RETURN_PAGES`` is the whole list of places a form of ours may lead back to: a page is named, never addressed, so there
is no URL in a request that could point somewhere else (open redirect; RFC 9700 §4.11).
"""

import re

LANDING = "/"
SIGN_IN = "/sign-in"
SELECT_ACCOUNT = "/select-account"
SIGN_OUT = "/sign-out"
CONSENT = "/consent"
DEVICE = "/device"
DEVICE_QUESTION = "/device/confirm"
DEVICE_QR = "/device/qr.svg"
ACCOUNT = "/account"
GRANTS = "/account/grants"
LANGUAGE = "/language"
STATIC = "/static/"
END_SESSION = "/oauth2/end_session"
CHECK_SESSION = "/oauth2/check_session"
RESUME = "/oauth2/authorize/resume"

RETURN_PAGES = {
    "landing": LANDING,
    "sign_in": SIGN_IN,
    "select_account": SELECT_ACCOUNT,
    "sign_out": SIGN_OUT,
    "consent": CONSENT,
    "device": DEVICE,
    "device_question": DEVICE_QUESTION,
    "grants": GRANTS,
}

_SEALED = re.compile(r"[0-9a-z_]{1,65536}\Z")


def with_request(path: str, sealed: str | None) -> str:
    """``path`` with the sealed request or device visit, if there is one that looks like ours, in its query."""
    return f"{path}?request={sealed}" if sealed and _SEALED.match(sealed) else path
