"""The ids of a made school: worked out from numbers, spread like random ones, and no id of the sample among them."""

# An odd factor permutes the 48-bit numbers, so that ids do not come in the order in which indexes like them.
_FACTOR = 0x9E3779B97F4B
_MASK = 2**48 - 1

# Version 8, an id of one's own making (RFC 9562); then the kind.
BATCH, ESSAY, CLASS, STUDENT, EVENT, MISSING_CLASS = (f"8{kind:03x}8{0:015x}" for kind in range(1, 7))


def made_id(kind: str, number: int) -> str:
    """32 hexadecimal digits. `number` is below 2**48, or ids repeat."""
    return f"{number * _FACTOR & _MASK:012x}{kind}"
