"""What mails to developers say. As ``texts``; a comment is quoted as it was written, in a paragraph of its own."""

from lingpai.i18n import Translator
from lingpai.server.mail.message import Content, one_line, short_name

_COMMENT_LIMIT_CHARS = 2000


def reviewed(words: Translator, *, application: str, event: str, comment: str, link: str) -> Content:
    """To everybody in the team: a reviewer decided or said something."""
    _ = words.gettext
    told = {
        "approved": _("The application “%(name)s” was approved: everybody can use it now."),
        "changes_asked": _("The reviewers ask for changes to the application “%(name)s”."),
        "rejected": _("The application “%(name)s” was not approved."),
        "suspended": _("The application “%(name)s” was suspended: nobody can use it any more."),
        "resumed": _("The application “%(name)s” is no longer suspended."),
        "comment": _("A reviewer wrote something about the application “%(name)s”."),
    }
    paragraphs = [told[event] % {"name": short_name(application) or "?"}]
    if comment:
        paragraphs.append(_("Their words: “%(comment)s”") % {"comment": one_line(comment)[:_COMMENT_LIMIT_CHARS]})
    return Content(
        language_tag=words.language_tag,
        subject=_("About your application"),
        greeting=_("Hello,"),
        paragraphs=tuple(paragraphs),
        link=link,
        link_words=_("See the review"),
        footer=_("You get this mail because you are in the application's team."),
    )


def invited(words: Translator, *, team: str, link: str, days: int) -> Content:
    """To somebody who is to join a team."""
    _ = words.gettext
    return Content(
        language_tag=words.language_tag,
        subject=_("An invitation to a team of developers"),
        greeting=_("Hello,"),
        paragraphs=(_("You are invited to the team “%(team)s”.") % {"team": short_name(team) or "?"},),
        link=link,
        link_words=_("See the invitation"),
        footer=words.ngettext("The link works once, for %(num)d day.", "The link works once, for %(num)d days.", days)
        % {"num": days},
    )
