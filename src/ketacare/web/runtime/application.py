"""Django set up for a process that isn't a web server."""

from __future__ import annotations

import gc
import os


def set_up() -> None:
    """Load the settings and every room. The database must be reachable only once it is used."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.web.settings")
    django.setup()


def settled() -> None:
    """Called once a process has read what it works with: that never goes away, and is left out of every search for
    garbage from then on. Hundreds of thousands of values would else hold up an alarm or a page now and again.

    A page or a batch makes tens of thousands of values that all go when it is answered: looking for rings among them
    every 700 costs a twentieth of it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
