"""Vital signs and their truth, limits, and when an alarm is raised, acknowledged, latched and cleared."""
