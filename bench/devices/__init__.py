"""What monitors send, proved: late, doubled, shuffled, mutilated, by wrong clocks, through cuts."""
