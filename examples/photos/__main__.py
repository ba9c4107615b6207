"""``python -m examples.photos``."""

import uvicorn

from examples.photos.app import create_app
from examples.photos.settings import settings_from

if __name__ == "__main__":
    settings = settings_from()
    # No access log: it would write query strings, and those of pictures are what lets somebody see them.
    uvicorn.run(create_app(settings), host="127.0.0.1", port=settings.port, access_log=False)
