"""The live streams: one LISTEN connection a process, a hub in memory, server-sent events out. No ORM in here."""
