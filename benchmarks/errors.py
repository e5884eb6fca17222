"""Why there is no result."""


class BenchmarkError(Exception):
    """The message is for whoever started the comparison."""
