"""Grade untrusted notebook submissions: submissions in a sandbox, tests in a trusted process."""
