"""What else ends with a post, in the rooms above this one. Each says it once, when the product starts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Staff

left: list[Callable[[Staff, Actor, datetime], None]] = []
"""Each is told of a post that has ended, before its duties go back to its role."""
