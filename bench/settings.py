"""The product's own settings, with one page more: a frame with nothing in it."""

from ketacare.web.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
