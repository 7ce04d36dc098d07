"""Who watches a session, what follows when nobody does, and who is told when nobody answers."""
