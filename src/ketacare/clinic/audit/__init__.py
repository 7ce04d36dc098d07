"""Who did what, when, to which record: append-only, chained, provable. Knows nobody."""
