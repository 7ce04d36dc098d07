"""The pages of sheets: reading them, deciding about them, amending them."""
