"""Django set up for a process that isn't a web server."""

from __future__ import annotations

import os


def set_up() -> None:
    """Load the settings and every room. The database must be reachable only once it is used."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.web.settings")
    django.setup()
