"""How the admin looks: django-unfold in the colours of static/ui/css/tokens.css. Only data, read by the settings."""

from __future__ import annotations

from django.http import HttpRequest
from django.templatetags.static import static

__all__ = ["UNFOLD"]

# Lightness and chroma of each step, in OKLCH; the hues are those of --hue and --accent-hue.
_NEUTRAL = {
    "50": (98.5, 0.002), "100": (96.5, 0.004), "200": (92, 0.006), "300": (86.5, 0.008), "400": (70, 0.012),
    "500": (55, 0.016), "600": (45, 0.018), "700": (37, 0.014), "800": (27.5, 0.012), "900": (20.5, 0.009),
    "950": (15.5, 0.009),
}  # fmt: skip
_ACCENT = {
    "50": (97.5, 0.012), "100": (94.8, 0.025), "200": (89.5, 0.05), "300": (83, 0.08), "400": (75, 0.1),
    "500": (62, 0.1), "600": (50, 0.093), "700": (45, 0.088), "800": (39, 0.075), "900": (33, 0.06),
    "950": (25, 0.045),
}  # fmt: skip


def _scale(steps: dict[str, tuple[float, float]], hue: int) -> dict[str, str]:
    return {step: f"oklch({lightness}% {chroma} {hue})" for step, (lightness, chroma) in steps.items()}


def _mark(request: HttpRequest) -> str:
    # Asked for with each page: while the settings load there is no static files storage yet.
    return static("ui/brand/mark.svg")


UNFOLD = {
    "SITE_TITLE": "Chorus",
    "SITE_HEADER": "Chorus",
    "SITE_SYMBOL": "forum",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _mark}],
    "COLORS": {"base": _scale(_NEUTRAL, 210), "primary": _scale(_ACCENT, 194)},
    "BORDER_RADIUS": "6px",
}
