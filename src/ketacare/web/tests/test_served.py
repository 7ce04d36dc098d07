"""What a browser is sent of scripts and styles."""

import gzip
from pathlib import Path

from django.http import HttpResponse
from django.test import RequestFactory

from ketacare.web import served

STATIC = Path(served.__file__).parent / "static"


def sent(address: str, accepts: str = "gzip") -> bytes:
    server = served.Served(lambda request: HttpResponse(status=404))
    answer = server(RequestFactory().get(address, headers={"Accept-Encoding": accepts}))
    assert answer.status_code == 200
    assert answer.get("Content-Encoding", "identity") == accepts
    content = b"".join(answer)
    answer.close()
    return gzip.decompress(content) if accepts == "gzip" else content


def test_a_script_is_sent_compressed_and_without_its_comments() -> None:
    script = sent("/static/js/keep.js").decode()
    assert "export function startKeep()" in script
    assert "// Typed text is kept" in (STATIC / "js/keep.js").read_text()
    assert "Typed text is kept" not in script


def test_who_takes_nothing_compressed_gets_the_same_text() -> None:
    assert sent("/static/js/keep.js", "identity") == sent("/static/js/keep.js")


def test_what_others_wrote_and_styles_are_sent_as_they_are() -> None:
    for name in ("css/base.css", "icon.svg"):
        assert sent(f"/static/{name}") == (STATIC / name).read_bytes()


def test_a_script_is_as_old_as_its_source(tmp_path: Path) -> None:
    source = STATIC / "js/main.js"
    target = served.made(source, tmp_path / "js/main.js")
    assert target.stat().st_mtime_ns == source.stat().st_mtime_ns
