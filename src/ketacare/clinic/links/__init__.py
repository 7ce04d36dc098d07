"""What a person without an account opens: the signed link, the frame of its pages, and help in one place on each."""
