"""Run the cells and the tests of one submission."""
