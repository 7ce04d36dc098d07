"""Instruments, scores, response, remission, and when to ask."""
