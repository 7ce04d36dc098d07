"""When visits may take place, and whether a plan keeps to it: hours, places, hands, intervals, windows, fairness."""
