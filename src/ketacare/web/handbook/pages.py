"""Every page that is written and not typed."""

from __future__ import annotations

from collections.abc import Iterator

from ketacare.web.handbook import clinical, kinetics, reference, vignettes


def pages() -> Iterator[tuple[str, str]]:
    """Path below `docs/`, and text. Django must be set up for the routes."""
    yield from clinical.pages()
    yield from vignettes.pages()
    yield from kinetics.pages()
    yield "reference/commands.md", reference.commands_page()
    yield "reference/permissions.md", reference.permissions_page()
    yield "reference/http.md", reference.routes_page()
