"""Every message in or out, kept before it is answered."""
