"""The pages of therapy, a file per part of it."""
