"""What keeps Ketacare running: the embedded database, and the supervisor of its processes."""
