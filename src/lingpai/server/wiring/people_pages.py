"""The pages around accounts: registering, passwords, second factors, the account itself."""

from collections.abc import Mapping

from lingpai.server.http import Handler
from lingpai.server.web import paths
from lingpai.server.web.account import AccountPage
from lingpai.server.web.account_visits import AccountVisits
from lingpai.server.web.arrival import Arrivals
from lingpai.server.web.avatar import AvatarFile
from lingpai.server.web.confirm_identity import ConfirmIdentityPage
from lingpai.server.web.outbox import OutboxPage
from lingpai.server.web.own_data import OwnDataPage
from lingpai.server.web.passkeys import PasskeySignIn, PasskeysPage
from lingpai.server.web.register import RegisterPage
from lingpai.server.web.reset_password import ResetPasswordPage, VerifyEmailPage
from lingpai.server.web.second_factor import SecondFactorPage
from lingpai.server.web.security import SecurityPage
from lingpai.server.web.showing import Showing
from lingpai.server.web.step_cookie import StepCookie
from lingpai.server.web.totp_setup import TotpSetupPage
from lingpai.server.web.visit import Visits
from lingpai.server.wiring.parts import Parts


def people_pages(parts: Parts, visits: Visits, arrivals: Arrivals) -> Mapping[tuple[str, str], Handler]:
    """(method, path) -> handler."""
    showing = Showing(parts.pages, visits)
    routes = {
        **_mail_pages(parts, showing, arrivals),
        **_second_factor_pages(parts, showing, arrivals),
        **_account_pages(parts, showing),
        **_profile_pages(parts, showing),
        **_passkey_pages(parts, showing, arrivals),
    }
    if parts.config.mail_outbox:
        routes["GET", paths.OUTBOX] = OutboxPage(showing, parts.people.post).get
    return routes


def _mail_pages(parts: Parts, showing: Showing, arrivals: Arrivals) -> dict[tuple[str, str], Handler]:
    people = parts.people
    reset = ResetPasswordPage(showing, people.credentials, people.translators)
    verify = VerifyEmailPage(showing, people.credentials, people.translators)
    routes: dict[tuple[str, str], Handler] = {
        ("GET", paths.RESET_PASSWORD): reset.get,
        ("POST", paths.RESET_PASSWORD): reset.post,
        ("GET", paths.RESET_CONFIRM): reset.get_confirm,
        ("POST", paths.RESET_CONFIRM): reset.post_confirm,
        ("GET", paths.VERIFY_EMAIL): verify.get,
        ("POST", paths.VERIFY_EMAIL): verify.post,
    }
    if parts.config.account_registration == "open":
        register = RegisterPage(showing, people.joining, arrivals, people.translators)
        routes |= {
            ("GET", paths.REGISTER): register.get,
            ("POST", paths.REGISTER): register.post,
            ("GET", paths.REGISTER_CONFIRM): register.get_confirm,
            ("POST", paths.REGISTER_CONFIRM): register.post_confirm,
        }
    return routes


def _second_factor_pages(parts: Parts, showing: Showing, arrivals: Arrivals) -> dict[tuple[str, str], Handler]:
    people = parts.people
    page = SecondFactorPage(
        showing,
        people.second_factors,
        people.steps,
        StepCookie(parts.config),
        parts.store.accounts,
        arrivals,
        people.notices,
    )
    return {("GET", paths.SECOND_FACTOR): page.get, ("POST", paths.SECOND_FACTOR): page.post}


def _account_pages(parts: Parts, showing: Showing) -> dict[tuple[str, str], Handler]:
    people, visits, sessions = parts.people, AccountVisits(showing), parts.browser_sessions
    confirm = ConfirmIdentityPage(visits, parts.sign_in, people.second_factors, people.passkeys, sessions)
    totp = TotpSetupPage(visits, people.second_factors, people.notices)
    security = SecurityPage(
        visits,
        sessions=sessions,
        credentials=people.credentials,
        second_factors=people.second_factors,
        passkeys=people.passkeys,
        notices=people.notices,
        cookies=parts.cookies,
        audit=parts.audit,
        translators=people.translators,
        session_lifetime_s=parts.config.session_lifetime_s,
    )
    return {
        ("GET", paths.CONFIRM): confirm.get,
        ("POST", paths.CONFIRM): confirm.post,
        ("GET", paths.SECURITY): security.get,
        ("POST", paths.SECURITY): security.post,
        ("GET", paths.TOTP): totp.get,
        ("POST", paths.TOTP): totp.post,
        ("POST", paths.RECOVERY_CODES): totp.post_codes,
    }


def _profile_pages(parts: Parts, showing: Showing) -> dict[tuple[str, str], Handler]:
    people, visits = parts.people, AccountVisits(showing)
    account = AccountPage(
        visits,
        parts.store.accounts,
        people.rows,
        people.pictures,
        people.credentials,
        parts.audit,
        people.translators,
        issuer=parts.config.issuer,
    )
    data = OwnDataPage(visits, people.own_data, parts.portal.teams, parts.cookies, showing)
    return {
        ("GET", paths.ACCOUNT): account.get,
        ("POST", paths.ACCOUNT): account.post,
        ("POST", paths.AVATAR_UPLOAD): account.post_avatar,
        ("POST", paths.ACCOUNT_EMAIL): account.post_email,
        ("GET", paths.AVATAR): AvatarFile(people.rows).get,
        ("GET", paths.DATA): data.get,
        ("POST", paths.DATA): data.post,
        ("GET", paths.EXPORT): data.export,
    }


def _passkey_pages(parts: Parts, showing: Showing, arrivals: Arrivals) -> dict[tuple[str, str], Handler]:
    people = parts.people
    added = PasskeysPage(AccountVisits(showing), people.passkeys, people.notices)
    signing_in = PasskeySignIn(showing.visits, people.passkeys, arrivals, parts.pages.url("sign_in"))
    return {("POST", paths.PASSKEYS): added.post, ("POST", paths.PASSKEY_SIGN_IN): signing_in.post}
