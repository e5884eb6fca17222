"""What processes have spent."""

import os

import psutil

# What psutil counts twice is left out too: a guest's time is also its user's.
_IDLE = {"idle", "iowait", "guest", "guest_nice"}


def cpu_seconds(pid: int) -> float:
    """User and system time of the process, of its children, and of those children that have ended."""
    return _with_children(psutil.Process(pid))


def foreign_seconds() -> float:
    """What all processes but ours and our children have spent since the machine started."""
    times = psutil.cpu_times()._asdict()
    busy = sum(seconds for name, seconds in times.items() if name not in _IDLE)
    return float(busy - cpu_seconds(os.getpid()))


def _with_children(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
        children = process.children()
    except psutil.NoSuchProcess:
        # Its parent has the time by now.
        return 0.0
    own: float = times.user + times.system + times.children_user + times.children_system
    return own + sum(_with_children(child) for child in children)
