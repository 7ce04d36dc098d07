"""The whole programme: what became of every course, in counts that show nobody."""
