"""Models in plain numpy: forward and backward passes that read as their formulas do."""
