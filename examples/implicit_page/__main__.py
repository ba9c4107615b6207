"""``python -m examples.implicit_page``."""

import uvicorn

from examples.implicit_page.app import create_app
from examples.implicit_page.settings import settings_from

if __name__ == "__main__":
    settings = settings_from()
    uvicorn.run(create_app(settings), host="127.0.0.1", port=settings.port, access_log=False)
