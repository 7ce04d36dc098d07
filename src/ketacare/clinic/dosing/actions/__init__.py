"""Every write of a dosing session, a file per noun."""
