"""How what a sheet calls by a title reads within a sentence."""


def inside(title: str) -> str:
    """Begun small; a name written with capitals of its own (ECG, MoCA) stays as it is."""
    first = title.split(" ", 1)[0]
    return title if first[1:] != first[1:].lower() else f"{title[:1].lower()}{title[1:]}"
