"""What makes a bearer token believed: its one canonical text, a key of its algorithm, and its claims."""
