"""Accounts over HTTP: tokens for programs, and who a token speaks for.

serializers.py  shapes of requests and answers
views.py        `POST /api/token/`, `POST /api/token/refresh/`, `GET /api/me/`
urls.py         their addresses
"""

__all__ = ["serializers", "urls", "views"]
