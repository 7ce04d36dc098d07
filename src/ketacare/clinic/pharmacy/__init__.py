"""The controlled-drug ledger: containers, and every milligram that moved, between whom, seen by whom."""
