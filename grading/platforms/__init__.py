"""Canvas, Moodle, Gradescope and nbgrader."""
