"""Static files beside the apps' own: modules and icons from npm packages, and hashed names for everything.

Only what pages load is published, package by package; `node_modules` holds build tools as well. Pages find
it under `npm/<package>/…`. What each entry is for stands in package.json's order of runtime dependencies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["HashedStorage", "NpmFinder"]

# Package → the files of it that pages load, as paths inside the package.
PUBLISHED: dict[str, tuple[str, ...]] = {
    "lucide-static": ("sprite.svg",),
}


class NpmFinder(BaseFinder):
    """Finds `npm/<package>/<file>` in node_modules, if the file is published."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.storage = FileSystemStorage(location=settings.BASE_DIR / "node_modules")
        # Names in the storage are those below the prefix; collectstatic and find() ask with it.
        self.storage.prefix = "npm"  # type: ignore[attr-defined]  # the staticfiles app sets it the same way

    def find(self, path: str, find_all: bool = False) -> Any:
        """Give the absolute path of a published file, or an empty list."""
        name = path.removeprefix("npm/")
        if name == path or name not in published():
            return []
        found = self.storage.path(name)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        """Give every published file with its storage, for collectstatic."""
        for name in published():
            if not matches_patterns(name, list(ignore_patterns or [])):
                yield name, self.storage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Names every file by its content, imports between modules included, and keeps compressed copies.

    A page and all it loads is of one release, and browsers may keep each file for ever.
    """

    support_js_module_import_aggregation = True


def published() -> list[str]:
    return [f"{package}/{file}" for package, files in PUBLISHED.items() for file in files]
