"""Resident memory of the emulated program alone; for ``DIR/mem``, which puts the guest at a fixed place.

QEMU's own memory is left out: only mappings inside the guest's address range count (proc_pid_smaps(5)).
"""

BASE = 0x1000_0000_0000
GUEST_BYTES = 1 << 40


def resident_mb() -> tuple[float, float]:
    """(all that is resident, of which not backed by a file), in MB."""
    inside = False
    resident = anonymous = 0
    with open("/proc/self/smaps", encoding="ascii", errors="replace") as smaps:  # noqa: PTH123
        for line in smaps:
            first, rest = [*line.split(None, 1), ""][:2]
            if not first.endswith(":"):
                inside = BASE <= int(first.split("-")[0], 16) < BASE + GUEST_BYTES
            elif inside and first == "Rss:":
                resident += int(rest.split()[0])
            elif inside and first == "Anonymous:":
                anonymous += int(rest.split()[0])
    return resident / 1024, anonymous / 1024
