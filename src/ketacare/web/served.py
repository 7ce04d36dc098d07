"""Scripts and styles as they are sent: scripts without what is written for readers of the code, both compressed once,
when the process starts (pages stay within 100 kB of script and style, so the first paint comes within a second).

They are held in memory: of files of its own that lie anywhere, a cleaner could rob a running clinic."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

import rjsmin
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import NOT_ALLOWED_RESPONSE, Response, StaticFile

SENT_COMPRESSED = (".js", ".css", ".svg")


class Served(WhiteNoiseMiddleware):  # type: ignore[misc]
    def get_static_file(self, path: str, url: str, stat_cache: Mapping[str, os.stat_result] | None = None) -> Any:
        as_it_lies = super().get_static_file(path, url, stat_cache)
        if Path(path).suffix not in SENT_COMPRESSED:
            return as_it_lies
        headers = [(name, value) for name, value in as_it_lies.alternatives[-1][2] if name not in OF_THE_SOURCE]
        return Sent(path, headers)


# What is said of the file as it lies is not true of what is sent.
OF_THE_SOURCE = ("Content-Length", "ETag")


@dataclass(frozen=True)
class Content:
    """As WhiteNoise knows a file; where it has the name of one stands what would be in it."""

    path: bytes
    mtime: float

    @property
    def size(self) -> int:
        return len(self.path)


class Sent(StaticFile):  # type: ignore[misc]
    """With the age of its source, by which browsers ask again."""

    @staticmethod
    def get_file_stats(path: str, *_: object) -> dict[str | None, Content]:
        content, age = as_sent(Path(path)), Path(path).stat().st_mtime
        return {None: Content(content, age), "gzip": Content(compressed(content), age)}

    def get_response(self, method: str, request_headers: Mapping[str, str]) -> Response:
        """Whole, also for who asks for a piece, which the protocol allows."""
        if method not in ("GET", "HEAD"):
            return NOT_ALLOWED_RESPONSE
        if self.is_not_modified(request_headers):
            return self.not_modified_response
        content, headers = self.get_path_and_headers(request_headers)
        return Response(HTTPStatus.OK, headers, BytesIO(content) if method == "GET" else None)


def as_sent(source: Path) -> bytes:
    if source.suffix != ".js" or ".min." in source.name:
        return source.read_bytes()
    return str(rjsmin.jsmin(source.read_text())).encode()


def compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
