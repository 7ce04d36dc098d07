"""How what a sheet calls by a title reads within a sentence."""

# Whom or where a title is called after keeps its capital.
_NAMES = frozenset({"Beck", "Columbia", "European", "Hamilton", "Japanese", "Karolinska", "Young"})


def inside(title: str) -> str:
    """Begun small; a name, or what is written with capitals of its own (ECG, MoCA), stays as it is."""
    first = title.split(" ", 1)[0].rstrip(",:;")
    is_name = first in _NAMES or first[1:] != first[1:].lower()
    return title if is_name else f"{title[:1].lower()}{title[1:]}"
