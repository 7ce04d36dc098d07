"""The planner beside a first-free-slot desk on the same demand; how long a course and a new day take."""
