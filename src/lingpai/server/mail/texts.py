"""What our mails say, in the reader's language. One function for each kind of mail.

Owns the sentences. A mail never holds more than the reader must know, and no name a stranger could choose stands
outside quotation marks of its own sentence.
"""

from lingpai.i18n import Translator
from lingpai.server.mail.message import Content, short_name


def register(words: Translator, *, link: str, hours: int) -> Content:
    """To an address that has no account: go on with making one."""
    _ = words.gettext
    return _content(
        words,
        subject=_("Confirm your e-mail address"),
        paragraphs=(
            _("Somebody, probably you, wants to make an account with this address. To go on, open this page:"),
        ),
        link=link,
        link_words=_("Go on"),
        footer=_good_for(words, hours) + " " + _("If it was not you, there is nothing to do: no account was made."),
    )


def already_registered(words: Translator, *, link: str) -> Content:
    """To an address that has an account: somebody tried to make another one."""
    _ = words.gettext
    return _content(
        words,
        subject=_("You already have an account"),
        paragraphs=(
            _("Somebody, probably you, wanted to make an account with this address. There already is one."),
            _("You can sign in with it, or choose a new password if you do not remember the old one."),
        ),
        link=link,
        link_words=_("Choose a new password"),
        footer=_("If it was not you, there is nothing to do."),
    )


def reset_password(words: Translator, *, username: str, link: str, hours: int) -> Content:
    """To somebody who forgot the password."""
    _ = words.gettext
    return _content(
        words,
        subject=_("Choose a new password"),
        paragraphs=(
            _("For the account “%(username)s”: open this page to choose a new password.") % {"username": username},
        ),
        link=link,
        link_words=_("Choose a new password"),
        footer=_good_for(words, hours)
        + " "
        + _("If you did not ask for it, there is nothing to do: your password stays."),
    )


def verify_email(words: Translator, *, username: str, link: str, hours: int) -> Content:
    """To the new address of an account."""
    _ = words.gettext
    return _content(
        words,
        subject=_("Confirm your e-mail address"),
        paragraphs=(_("This is to become the address of the account “%(username)s”.") % {"username": username},),
        link=link,
        link_words=_("Confirm this address"),
        footer=_good_for(words, hours) + " " + _("If you do not know this account, there is nothing to do."),
    )


def email_changed(words: Translator, *, username: str, new: str) -> Content:
    """To the old address of an account."""
    _ = words.gettext
    return _notice(
        words,
        _("Your e-mail address was changed"),
        _("The account “%(username)s” now has the address %(address)s.")
        % {"username": username, "address": _masked(new)},
    )


def password_changed(words: Translator, *, username: str) -> Content:
    """After a change or a reset."""
    _ = words.gettext
    return _notice(
        words,
        _("Your password was changed"),
        _("The password of the account “%(username)s” was changed, and all other browsers were signed out.")
        % {"username": username},
    )


def new_sign_in(words: Translator, *, username: str, device: str, ip: str, at: int) -> Content:
    """Somebody signed in in a browser that was not known."""
    _ = words.gettext
    return _notice(
        words,
        _("A new browser signed in"),
        _("%(when)s: somebody signed in to the account “%(username)s” with %(device)s from the network address %(ip)s.")
        % {"when": words.moment(at), "username": username, "device": device, "ip": ip or "?"},
    )


def new_grant(words: Translator, *, username: str, application: str) -> Content:
    """An application was allowed something for the first time."""
    _ = words.gettext
    return _notice(
        words,
        _("An application got access"),
        _("The account “%(username)s” gave access to the application “%(application)s”. You can end it at any time.")
        % {"username": username, "application": short_name(application) or "?"},
    )


def security_changed(words: Translator, *, username: str, what: str) -> Content:
    """A second factor or a passkey came or went."""
    _ = words.gettext
    told = {
        "totp_added": _("An authenticator app is now asked for when you sign in."),
        "totp_removed": _("The authenticator app was removed: your password alone is enough again."),
        "totp_reset": _(
            "Whoever runs this service removed the authenticator app and the recovery codes: your password alone is"
            " enough again. You were signed out everywhere."
        ),
        "recovery_codes": _("New recovery codes were made; the old ones no longer work."),
        "recovery_used": _("A recovery code was used to sign in."),
        "passkey_added": _("A passkey was added."),
        "passkey_removed": _("A passkey was removed."),
        "identity_linked": _("Another way to sign in was linked, with an account you have elsewhere."),
        "identity_unlinked": _("A way to sign in, with an account you have elsewhere, was unlinked."),
    }
    return _notice(
        words,
        _("The security of your account was changed"),
        told[what],
        _("This is about the account “%(username)s”.") % {"username": username},
    )


def account_deleted(words: Translator, *, username: str) -> Content:
    """The last mail."""
    _ = words.gettext
    return _content(
        words,
        subject=_("Your account was deleted"),
        paragraphs=(
            _("The account “%(username)s” and all that belonged to it was deleted. No application has access any more.")
            % {"username": username},
        ),
    )


def _notice(words: Translator, subject: str, *paragraphs: str) -> Content:
    _ = words.gettext
    alarm = _("If it was not you: choose a new password at once, and look at “Security” in your account.")
    return _content(words, subject=subject, paragraphs=paragraphs, footer=alarm)


def _content(
    words: Translator,
    *,
    subject: str,
    paragraphs: tuple[str, ...],
    link: str = "",
    link_words: str = "",
    footer: str = "",
) -> Content:
    return Content(
        language_tag=words.language_tag,
        subject=subject,
        greeting=words.gettext("Hello,"),
        paragraphs=paragraphs,
        link=link,
        link_words=link_words,
        footer=footer,
    )


def _good_for(words: Translator, hours: int) -> str:
    told = words.ngettext("The link works once, for %(num)d hour.", "The link works once, for %(num)d hours.", hours)
    return told % {"num": hours}


def _masked(address: str) -> str:
    """Enough to recognise one's own address by: whoever reads the old mailbox need not learn the new one."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}…@{domain}"
