"""The demo clinic: invented people, every role, one session running."""
