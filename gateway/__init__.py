"""HTTP in, one graph out; holds no data."""
