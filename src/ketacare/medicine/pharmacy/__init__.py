"""Stock arithmetic: what was drawn, given, wasted and returned."""
