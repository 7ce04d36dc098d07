"""Readings in, limits in force, alarms, acknowledgements, and who is paired with which monitor."""
