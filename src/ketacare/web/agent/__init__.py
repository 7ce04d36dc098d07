"""The bedside agent: takes what a monitor sends, keeps it on its own disk, and hands it on when the server answers.

It needs no database and knows nothing of a patient. What it has acknowledged it has on disk; what the server has
acknowledged it forgets.
"""
