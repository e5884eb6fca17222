"""What the command says instead of doing its work."""


class CommandError(Exception):
    """The message is for whoever typed the command. `status` is the exit status: 2 for a wrong call or setting."""

    def __init__(self, message: str, *, status: int = 1) -> None:
        super().__init__(message)
        self.status = status
