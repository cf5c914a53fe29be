"""The other services' public HTTP API, called as the person at the desk, and nothing else."""
