"""The pages of `docs/` that are written from the code and its sheets, so that they cannot say anything else."""
