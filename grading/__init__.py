"""Grade untrusted notebook submissions."""
