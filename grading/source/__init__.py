"""The instructor's notebook, and which cells of a submission are which of its own."""
