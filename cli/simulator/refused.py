"""What waiting cannot mend."""


class RefusedError(Exception):
    """A service will never take what it was given; the message tells which, and why."""
