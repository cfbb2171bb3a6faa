"""What every page shows of the dashboards: the way to them, for those who may see one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from dashboard.selectors import visible_sources
from realtime.identity import identity_of

__all__ = ["dashboards"]


def dashboards(request: HttpRequest) -> dict[str, Any]:
    """A context processor: `dashboards_url`, empty for who may see none; read where a template asks for it."""

    def address() -> str:
        user: Any = getattr(request, "user", None)
        if user is None or not user.is_authenticated or not visible_sources(identity_of(user)):
            return ""
        return reverse("dashboard:boards")

    return {"dashboards_url": SimpleLazyObject(address)}
