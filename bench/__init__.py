"""How fast, beside what: one module for each question. `python3 make.py bench [question …]` asks them."""
