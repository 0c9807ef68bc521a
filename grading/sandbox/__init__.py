"""Run a program that nobody trusts: what it sees, what it may use up, how to talk to it."""
