"""What became of a whole programme: rates, times to response and to loss, and what others published beside them."""
