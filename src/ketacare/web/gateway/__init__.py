"""The gateway process: bedside monitors by MLLP on one side, one committing thread on the other."""
