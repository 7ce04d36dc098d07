"""Bedside devices that speak JSON over HTTP."""
