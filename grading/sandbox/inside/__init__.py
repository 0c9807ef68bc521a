"""What is visible inside the sandbox: the worker, and the form in which data crosses."""
