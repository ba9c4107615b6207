"""``python -m examples.photo_print``."""

import uvicorn

from examples.photo_print.app import create_app
from examples.photo_print.settings import settings_from

if __name__ == "__main__":
    settings = settings_from()
    # No access log: it would write query strings, and a callback's query holds the authorization code.
    uvicorn.run(create_app(settings), host="127.0.0.1", port=settings.port, access_log=False)
