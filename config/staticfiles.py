"""Static files beside the apps' own: modules and icons from npm packages, hashed names for everything, and serving.

Only what pages load is published, package by package; `node_modules` holds build tools as well. Pages find
it under `npm/<package>/…`. What each entry is for stands in package.json's order of runtime dependencies.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage
from django.core.handlers.asgi import ASGIRequest
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from io import BufferedIOBase

    from django.http import FileResponse, HttpRequest

__all__ = ["HashedStorage", "NpmFinder", "StaticFilesMiddleware"]

# Package → the files of it that pages load, as paths inside the package.
PUBLISHED: dict[str, tuple[str, ...]] = {
    "lucide-static": ("sprite.svg",),
    "uplot": ("dist/uPlot.esm.js", "dist/uPlot.min.css"),
}

# Most files are smaller, and so are read at once.
CHUNK_BYTES = 262_144


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


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no types
    """WhiteNoise, whose answers an ASGI server can stream.

    It answers with a file that is read synchronously, which Django reads as a whole before it sends any of it, with a
    warning. Can go with https://github.com/evansd/whitenoise/issues/531.
    """

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> FileResponse:
        response: FileResponse = WhiteNoiseMiddleware.serve(static_file, request)
        if isinstance(request, ASGIRequest):
            # The response closes the file when it has been sent, or when the client has gone.
            response.streaming_content = in_chunks(response.file_to_stream)
        return response


async def in_chunks(file: BufferedIOBase | None) -> AsyncIterator[bytes]:
    """Read in a thread; nothing where there is no file (HEAD, 304)."""
    while file is not None and (chunk := await asyncio.to_thread(file.read, CHUNK_BYTES)):
        yield chunk


def published() -> list[str]:
    return [f"{package}/{file}" for package, files in PUBLISHED.items() for file in files]
