"""Turns a template and its values into a response with everything a page of a security service must say in its headers.

Owns: the Jinja environments (one per locale, autoescape on), the reader's locale, the Content-Security-Policy. Leaves:
sentences to ``templates/``, what a page shows to its handler.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from lingpai.i18n import LOCALE_NAMES, Translator, negotiate
from lingpai.server.authorization.request import only_value
from lingpai.server.config import Config
from lingpai.server.http import Cookies, read_query
from lingpai.server.theme_settings import LINKS
from lingpai.server.web import paths
from lingpai.server.web.account_pages import account_pages
from lingpai.server.web.board import Board
from lingpai.server.web.static import THEME_LOGO, THEME_STYLE, StaticFiles

_PAGE_NAMES = {path: name for name, path in paths.RETURN_PAGES.items()}

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # The address of a page holds the sealed request; nobody is told it.
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Vary": "Accept-Language, Cookie",
}


class Pages:
    """Renders pages in the reader's language."""

    def __init__(
        self,
        config: Config,
        translators: Mapping[str, Translator],
        static: StaticFiles,
        board: Board | None = None,
    ) -> None:
        self._theme = config.theme
        self._board = board
        self._cookies = Cookies(config)
        self._default_locale = config.default_locale
        self._registration_open = config.account_registration == "open"
        self._base = urlsplit(config.issuer).path
        self._static = static
        self._has_identity_providers = bool(config.identity_providers)
        loader = FileSystemLoader(Path(__file__).parent / "templates")
        self._environments = {
            locale: self._environment(loader, translator, config.service_name)
            for locale, translator in translators.items()
        }

    def locale(self, request: Request, ui_locales: str | None = None) -> str:
        """The language of the reader of ``request``. ``ui_locales``: what the application asked for."""
        accept_language = request.headers.get("accept-language")
        return negotiate(ui_locales, self._cookies.locale(request), accept_language, self._default_locale)

    def url(self, page: str, sealed_request: str | None = None) -> str:
        """The address of a page by its name (``paths.return_path``) or in ``PLACES``, below the issuer's path."""
        path = paths.return_path(page) or paths.PLACES[page]
        return self._base + paths.with_request(path, sealed_request)

    def resume_url(self, sealed_request: str) -> str:
        """Where the authorization endpoint goes on with the request."""
        return self._base + paths.with_request(paths.RESUME, sealed_request)

    @property
    def base(self) -> str:
        """The issuer's path, which stands before all of ours."""
        return self._base

    def static_url(self, name: str) -> str:
        """The address of a static file, its version included."""
        return f"{self._base}{paths.STATIC}{self._static.versioned(name)}"

    def warm(self) -> Iterator[None]:
        """Compile one template after the other, so that the first person who sees a page does not wait for it."""
        for environment in self._environments.values():
            for name in environment.list_templates():
                environment.get_template(name)
                yield

    def end_session_url(self) -> str:
        """Where applications and our own page ask for a sign-out."""
        return self._base + paths.END_SESSION

    def render(
        self,
        template: str,
        request: Request,
        *,
        status: int = 200,
        locale: str | None = None,
        csp_form_action: Sequence[str] = (),
        csp_img: Sequence[str] = (),
        csp_frame: Sequence[str] = (),
        **context: object,
    ) -> HTMLResponse:
        """The page. ``csp_form_action``, ``csp_img``: sources allowed besides our own; see ``web.views``."""
        locale = locale or self.locale(request)
        sealed = only_value(read_query(request), "request")
        page = self._environments[locale].get_template(template)
        body = page.render(
            here=_PAGE_NAMES.get(request.scope["path"]) or paths.return_path(request.scope["path"]),
            sealed_request=sealed if paths.with_request("", sealed) else None,
            **context,
        )
        policy = _content_security_policy(csp_form_action, csp_img, csp_frame)
        return HTMLResponse(body, status, {**_HEADERS, "Content-Security-Policy": policy})

    def _environment(self, loader: FileSystemLoader, translator: Translator, service_name: str) -> Environment:
        environment = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            auto_reload=False,
        )
        environment.install_gettext_translations(translator, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
        environment.filters.update(bdi=_bdi, iso=translator.iso, day=translator.day, moment=translator.moment)
        environment.globals.update(
            locale=translator.locale,
            language_tag=translator.language_tag,
            languages=[(code, name, code.replace("_", "-")) for code, name in LOCALE_NAMES.items()],
            service_name=service_name,
            announced=self._board.texts if self._board else lambda _audience, _locale: (),
            administers=self._board.administers if self._board else lambda _username: False,
            theme_links=[(name, self._theme[name]) for name in LINKS if name in self._theme],
            theme_style=THEME_STYLE if THEME_STYLE in self._static.names else "",
            logo=THEME_LOGO if THEME_LOGO in self._static.names else "logo.svg",
            static=self.static_url,
            url=self.url,
            end_session_url=self.end_session_url(),
            has_identity_providers=self._has_identity_providers,
            registration_open=self._registration_open,
            account_pages=account_pages(has_identity_providers=self._has_identity_providers),
            link=_link,
        )
        return environment


def _content_security_policy(form_action: Sequence[str], img: Sequence[str], frame: Sequence[str]) -> str:
    """Nothing but our own files: no inline style or script, no frames, no base. Spec: CSP Level 3 §6"""
    return "; ".join(
        [
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            " ".join(["img-src 'self' data:", *img]),
            " ".join(["form-action 'self'", *form_action]),
            *([" ".join(["frame-src", *frame])] if frame else []),
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ]
    )


def _bdi(name: str) -> Markup:
    """A name somebody chose, kept from reordering the text around it (U+202E and friends)."""
    return Markup("<bdi>{}</bdi>").format(name)


def _link(address: str, words: str) -> Markup:
    """A link that opens beside the page, so that a form half filled in is not lost."""
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(address, words)
