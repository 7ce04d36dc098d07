"""Scripts and styles as they are sent: scripts without what is written for readers of the code, both compressed once,
when the process starts (pages stay within 100 kB of script and style, so the first paint comes within a second)."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from weakref import finalize

import rjsmin
from whitenoise.middleware import WhiteNoiseMiddleware

SENT_COMPRESSED = (".js", ".css", ".svg")


class Served(WhiteNoiseMiddleware):  # type: ignore[misc]
    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.folder = Path(mkdtemp(prefix="ketacare-static-"))
        finalize(self, rmtree, self.folder, ignore_errors=True)
        super().__init__(*arguments, **named)

    def get_static_file(self, path: str, url: str, stat_cache: Mapping[str, os.stat_result] | None = None) -> Any:
        source = Path(path)
        if source.suffix not in SENT_COMPRESSED:
            return super().get_static_file(path, url, stat_cache)
        return super().get_static_file(str(made(source, self.folder / url.lstrip("/"))), url)


def made(source: Path, target: Path) -> Path:
    """The file as it is sent and, beside it, compressed; with the age of its source, by which browsers ask again."""
    target.parent.mkdir(parents=True, exist_ok=True)
    stat = source.stat()
    content = as_sent(source)
    for path, written in ((target, content), (target.with_name(f"{target.name}.gz"), compressed(content))):
        path.write_bytes(written)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return target


def as_sent(source: Path) -> bytes:
    if source.suffix != ".js" or ".min." in source.name:
        return source.read_bytes()
    return str(rjsmin.jsmin(source.read_text())).encode()


def compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
