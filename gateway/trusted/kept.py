"""Documents that clients have sent with their hash, so that the hash will do from then on."""

import sys
from collections import OrderedDict


class Kept:
    """Texts by their hash, in memory: at most `count`, and together at most `size` bytes. The least used goes first."""

    def __init__(self, count: int, size: int) -> None:
        self.count = count
        self.size = size
        self.used = 0
        """Bytes."""
        self._texts: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._texts)

    def get(self, digest: str) -> str | None:
        text = self._texts.get(digest)
        if text is not None:
            self._texts.move_to_end(digest)
        return text

    def keep(self, digest: str, text: str) -> None:
        """Unless it is larger than all of them may be. `digest` is known to be the text's."""
        if self.get(digest) is not None or sys.getsizeof(text) > self.size:
            return
        self._texts[digest] = text
        self.used += sys.getsizeof(text)
        while len(self._texts) > self.count or self.used > self.size:
            _, gone = self._texts.popitem(last=False)
            self.used -= sys.getsizeof(gone)
