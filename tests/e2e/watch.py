"""Watches everything a browser does and remembers what no page of ours may cause.

Owns: what counts as a problem. Leaves: failing the test to ``conftest``.
"""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

_LOOPBACK = frozenset({"localhost", "127.0.0.1"})
_STATUS_NOTE = "Failed to load resource: the server responded with a status of"


class Watch:
    """The problems of one browser context: a violated content security policy, an error of a script, a picture or
    style sheet that did not come, a page that broke (5xx), a request to another machine.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.problems: list[str] = []
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)
        # Chromium writes violations to the console too, but not those of a policy that only reports.
        context.add_init_script(
            "addEventListener('securitypolicyviolation', event => console.error("
            "'content security policy violated: ' + event.violatedDirective + ' ' + event.blockedURI))"
        )

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium notes every 4xx; whether one is meant is decided by `_response`, which knows what was asked for.
        if message.type in {"error", "warning"} and not message.text.startswith(_STATUS_NOTE):
            self.problems.append(f"console: {message.text}")

    def _error(self, error: WebError) -> None:
        self.problems.append(f"script: {error.error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.hostname not in _LOOPBACK:
            self.problems.append(f"request to another machine: {request.url}")

    def _failed(self, request: Request) -> None:
        # Whoever clicks while pictures are loading leaves them behind.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"request failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        limit = 500 if response.request.is_navigation_request() else 400
        if response.status >= limit:
            self.problems.append(f"status {response.status}: {response.url}")
