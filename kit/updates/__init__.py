"""What teachers are told while they look: written with the change, read by long polls, woken by NOTIFY.

`writing` is the last step of a transaction; `feed` and `endpoint` answer polls; `publisher` tells Redis.
"""

from kit.updates.writing import Update, Updates

__all__ = ["Update", "Updates"]
