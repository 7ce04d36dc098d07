"""Courses proposed and booked, reminders before a dose, and how full the site is."""
