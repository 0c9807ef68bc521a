"""Tasks: where the data come from, with the true answer known wherever that is possible."""
