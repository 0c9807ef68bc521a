"""What comes out: a result a student, the table of a class, the page of feedback."""
