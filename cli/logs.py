"""Log files of what runs beside us."""

from pathlib import Path

_LINES = 15


def end_of(log: Path) -> str:
    """Its last lines, below its name."""
    lines = log.read_text(errors="replace").splitlines()[-_LINES:]
    return "\n".join([f"The end of {log}:", *(lines or ["(nothing)"])])
