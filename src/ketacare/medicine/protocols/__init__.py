"""Versioned regimens and limit sets, as data with citations."""
