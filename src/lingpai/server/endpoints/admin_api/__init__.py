"""The admin REST API. ``door`` lets requests in and is light; ``api`` and what it imports load FastAPI at the first."""
