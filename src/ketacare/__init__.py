"""Ketacare: four wings. medicine decides, clinic records, exchange translates, web shows."""
