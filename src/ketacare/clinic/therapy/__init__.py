"""Integration after a dose: when its visit belongs, and the short note of it."""
