"""Ctrl-C and its relatives."""

import asyncio
import signal


class Signals:
    """The first one asks to stop, and any after that to hurry."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.hurry = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._received)
        loop.add_signal_handler(signal.SIGTERM, self._received)
        # `nohup` has it ignored, and means it.
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            loop.add_signal_handler(signal.SIGHUP, self._received)

    def _received(self) -> None:
        (self.hurry if self.stop.is_set() else self.stop).set()
