"""Many submissions: find them, grade them, take off what is late."""
