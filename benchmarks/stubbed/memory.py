"""What a process keeps of the machine's memory."""

import psutil


def resident(pid: int) -> int:
    """Bytes of the process, or of the largest of its children."""
    process = psutil.Process(pid)
    return max(int(each.memory_info().rss) for each in (process, *process.children()))
