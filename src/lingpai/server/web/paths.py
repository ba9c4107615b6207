"""The addresses of the pages, each once. Owns the constants; which handler answers them is ``routes``'.

``RETURN_PAGES`` is the whole list of places a form of ours may lead back to: a page is named, never addressed, so there
is no URL in a request that could point somewhere else (open redirect; RFC 9700 §4.11).
"""

import re

from lingpai.server.path_patterns import compile_pattern
from lingpai.server.web import admin_paths, portal_paths

LANDING = "/"
SIGN_IN = "/sign-in"
SIGN_IN_WITH = "/sign-in/with/"
SIGN_IN_CALLBACK = "/sign-in/callback/"
"""Each followed by the name of a provider in the settings."""
NEW_HERE = "/sign-in/new"
SECOND_FACTOR = "/sign-in/second-factor"
REGISTER = "/register"
REGISTER_CONFIRM = "/register/confirm"
RESET_PASSWORD = "/reset-password"
RESET_CONFIRM = "/reset-password/confirm"
VERIFY_EMAIL = "/verify-email"
CONFIRM = "/account/confirm"
SECURITY = "/account/security"
TOTP = "/account/security/app"
RECOVERY_CODES = "/account/security/codes"
PASSKEYS = "/account/security/passkeys"
DATA = "/account/data"
EXPORT = "/account/data/export"
AVATAR_UPLOAD = "/account/avatar"
ACCOUNT_EMAIL = "/account/email"
AVATAR = "/avatar"
PASSKEY_SIGN_IN = "/sign-in/passkey"
OUTBOX = "/outbox"
SELECT_ACCOUNT = "/select-account"
SIGN_OUT = "/sign-out"
CONSENT = "/consent"
DEVICE = "/device"
DEVICE_QUESTION = "/device/confirm"
DEVICE_QR = "/device/qr.svg"
ACCOUNT = "/account"
GRANTS = "/account/grants"
GRANT = "/account/grants/{client_id}"
RECEIPT = "/account/grants/{client_id}/receipt"
SIGN_IN_METHODS = "/account/sign-in-methods"
LINK_IDENTITY = "/account/link-identity"
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
    "account": ACCOUNT,
    "security": SECURITY,
    "data": DATA,
    "totp": TOTP,
    "second_factor": SECOND_FACTOR,
    "register": REGISTER,
    "reset_password": RESET_PASSWORD,
    "outbox": OUTBOX,
    "new_here": NEW_HERE,
    "sign_in_methods": SIGN_IN_METHODS,
    "link_identity": LINK_IDENTITY,
    "developer": portal_paths.DEVELOPER,
    "reviews": portal_paths.REVIEWS,
    **admin_paths.RETURN_PAGES,
}

PLACES = {
    "language": LANGUAGE,
    "confirm": CONFIRM,
    "recovery_codes": RECOVERY_CODES,
    "passkeys": PASSKEYS,
    "passkey_sign_in": PASSKEY_SIGN_IN,
    "export": EXPORT,
    "avatar_upload": AVATAR_UPLOAD,
    "account_email": ACCOUNT_EMAIL,
    "avatar": AVATAR,
    "register_confirm": REGISTER_CONFIRM,
    "reset_confirm": RESET_CONFIRM,
    "verify_email": VERIFY_EMAIL,
}
"""Where forms of ours go, but no switch of language leads back to."""

_RETURN_PATTERNS = tuple(map(compile_pattern, (GRANT, *portal_paths.RETURN_PATTERNS, *admin_paths.RETURN_PATTERNS)))
_SEALED = re.compile(r"[0-9a-z_]{1,65536}\Z")


def return_path(page: str) -> str | None:
    """The path of a page forms may lead back to: by its name, or itself if it is one of ours with an id in it."""
    return RETURN_PAGES.get(page) or (page if any(pattern.match(page) for pattern in _RETURN_PATTERNS) else None)


def with_request(path: str, sealed: str | None) -> str:
    """``path`` with the sealed request or device visit, if there is one that looks like ours, in its query."""
    return f"{path}?request={sealed}" if sealed and _SEALED.match(sealed) else path
