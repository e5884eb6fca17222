"""What a process keeps of the machine's memory."""

import psutil

from benchmarks.stubbed.findings import Finding

MIB = 2**20


def resident(pid: int) -> int:
    """Bytes of the process, or of the largest of its children."""
    process = psutil.Process(pid)
    return max(int(each.memory_info().rss) for each in (process, *process.children()))


def memory(pid: int, when: str, most: int | None = None) -> Finding:
    """`most` in MiB, where it is held to that."""
    found = resident(pid) / MIB
    target = f"< {most} MiB" if most else ""
    return Finding("RSS of a worker", when, target, f"{found:.1f} MiB", found < most if most else None)
