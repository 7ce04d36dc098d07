"""When the work of integration is placed after a dose."""
