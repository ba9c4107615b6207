"""Renders the pages. Owns templates, languages and the headers of every page; leaves what is shown to ``app``."""

from pathlib import Path

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from examples.photo_print.texts import TEXTS, choose_language

FOLDER = Path(__file__).parent
LANGUAGE_COOKIE = "photo_print_language"


class Pages:
    """The templates, and a content security policy that lets in only our style and the photo service's images."""

    def __init__(self, *, pictures_from: str) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src 'self'; img-src 'self' {pictures_from}; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            # Not `no-referrer`: Chromium then sends `Origin: null` with our own forms, and signing out looks foreign.
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
            "Vary": "Accept-Language, Cookie",
        }

    @staticmethod
    def language(request: Request) -> str:
        """The language this browser gets."""
        return choose_language(request.cookies.get(LANGUAGE_COOKIE, ""), request.headers.get("accept-language", ""))

    def render(self, request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """The page of ``template`` with ``values``, in the browser's language."""
        language = self.language(request)
        other = next(name for name in TEXTS if name != language)
        body = self._templates.get_template(template).render(
            t=TEXTS[language],
            language=language,
            other_language=other,
            other_language_name=TEXTS[other]["language_name"],
            **values,
        )
        return HTMLResponse(body, status, self._headers)

    def message(
        self,
        request: Request,
        about: str,
        *,
        button: str = "home",
        href: str = "/",
        status: int = 200,
        code: str = "",
    ) -> HTMLResponse:
        """A page that says one thing: the texts ``about`` and ``about_title``, and a button to go on."""
        t = TEXTS[self.language(request)]
        texts = {"title": t[f"{about}_title"], "text": t[about], "button": t[button]}
        return self.render(request, "message.html", status=status, button_href=href, code=code, **texts)
