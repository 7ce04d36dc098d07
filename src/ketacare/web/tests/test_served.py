"""What a browser is sent of scripts and styles."""

import gzip
from pathlib import Path

from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.http import http_date

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


def test_a_script_is_as_old_as_its_source_and_is_not_sent_twice() -> None:
    server = served.Served(lambda request: HttpResponse(status=404))
    first = server(RequestFactory().get("/static/js/main.js", headers={"Accept-Encoding": "gzip"}))
    assert first["Last-Modified"] == http_date((STATIC / "js/main.js").stat().st_mtime)
    assert first["Content-Length"] == str(len(b"".join(first)))
    assert (first["Vary"], first["Content-Type"]) == ("Accept-Encoding", 'text/javascript; charset="utf-8"')
    again = server(RequestFactory().get("/static/js/main.js", headers={"If-None-Match": first["ETag"]}))
    assert again.status_code == 304
    head = server(RequestFactory().head("/static/js/main.js", headers={"Accept-Encoding": "gzip"}))
    assert (head["Content-Length"], b"".join(head)) == (first["Content-Length"], b"")
    assert server(RequestFactory().post("/static/js/main.js")).status_code == 405


def test_what_is_sent_needs_no_file_once_the_process_runs(tmp_path: Path) -> None:
    """A cleaner of old files, or an update beneath a running process, takes no script from an open page."""
    source = tmp_path / "live.js"
    source.write_text("// Live.\nlive();\n")
    sent_of = served.Sent(str(source), [])
    source.unlink()
    assert sent_of.get_response("GET", {}).file.read() == b"live();"
    assert not hasattr(served, "mkdtemp")
