"""What processes have spent."""

import psutil


def cpu_seconds(pid: int) -> float:
    """User and system time of the process, of its children, and of those children that have ended."""
    return _with_children(psutil.Process(pid))


def _with_children(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
        children = process.children()
    except psutil.NoSuchProcess:
        # Its parent has the time by now.
        return 0.0
    own: float = times.user + times.system + times.children_user + times.children_system
    return own + sum(_with_children(child) for child in children)
