"""Forty watched chairs under load: what is lost, how late it is, what it costs in memory, and what gives way first."""
