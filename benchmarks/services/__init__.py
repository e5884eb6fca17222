"""What the services promise: each number beside its target."""
