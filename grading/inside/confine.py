"""Give up rights for good, before a submission runs: limits, and Landlock where it is asked for.

Plain `ctypes`, so that nothing has to be installed. On Linux without bubblewrap, Landlock takes
away the file system and TCP, a seccomp filter takes away every other kind of socket and signals to
other processes, and the capabilities of root are dropped.
"""

import ctypes
import os
import platform
import struct
import sys

ACCESS_FILE = 1 | 2 | 4 | 1 << 14 | 1 << 15  # execute, write, read, truncate, device control
READ = 1 | 4 | 8  # execute, read, list

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 24, 38, 22

# Numbers of system calls: (x86-64, ARM64).
DENIED = {
    "socket": (41, 198),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "unshare": (272, 97),
    "setns": (308, 268),
}
ONLY_ON_ITSELF = {"kill": (62, 129), "tgkill": (234, 131), "prlimit64": (302, 261)}
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def confine(spec):
    """Give up what `spec` says.

    Parameters
    ----------
    spec : dict
        ``limits``: from names of `resource` (``AS``, ``FSIZE``, …) to numbers; ``landlock``: None
        or a dict of ``read`` and ``write``, lists of paths.
    """
    if sys.platform == "linux":  # die with the grader
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, 9)
    if spec["landlock"]:
        landlock(**spec["landlock"])
        drop_capabilities()
        limit(spec["limits"])
        seccomp()
    else:
        limit(spec["limits"])


def limit(limits):
    """Set the limits of this process and its children."""
    import resource

    for name, value in limits.items():
        try:
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))
        except (AttributeError, ValueError, OSError):
            continue  # macOS has not all of them


def landlock_version():
    """Return the kernel's version of Landlock, 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, ctypes.CDLL(None).syscall(444, None, 0, 1))


def landlock(read, write):
    """Allow nothing of the file system but some paths, no TCP, no signals out."""

    class Ruleset(ctypes.Structure):
        _fields_ = (
            ("files", ctypes.c_uint64),
            ("net", ctypes.c_uint64),
            ("scoped", ctypes.c_uint64),
        )

    class Beneath(ctypes.Structure):
        _pack_ = 1
        _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))

    version = landlock_version()
    if not version:
        raise OSError("this kernel has no Landlock")
    libc = ctypes.CDLL(None, use_errno=True)
    # Version 1 knows 13 rights on files; 2 adds linking, 3 truncation, 5 device control.
    rights = 2**13 - 1
    for since, bit in ((2, 13), (3, 14), (5, 15)):
        rights |= (version >= since) << bit
    rules = Ruleset(rights, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    handle = checked(libc, libc.syscall(444, ctypes.byref(rules), size, 0))
    for paths, access in ((read, READ), (["/dev/null"], 2 | 4), (write, rights)):
        for path in filter(os.path.exists, paths):
            parent = os.open(path, os.O_PATH)
            allowed = access & rights if os.path.isdir(path) else access & rights & ACCESS_FILE
            rule = Beneath(allowed, parent)
            checked(libc, libc.syscall(445, handle, 1, ctypes.byref(rule), 0))
            os.close(parent)
    checked(libc, libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    checked(libc, libc.syscall(446, handle, 0))
    os.close(handle)


def drop_capabilities():
    """Make root an ordinary user: it keeps its files, and loses everything else."""
    libc = ctypes.CDLL(None)
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails beyond the last, and without right
    header = struct.pack("Ii", 0x20080522, 0)
    libc.capset(ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))


def seccomp():
    """Refuse sockets, signals to others and what reaches around Landlock, with "not permitted"."""
    column, architecture = MACHINES.get(platform.machine(), (None, None))
    if column is None:
        return
    load, equal, answer = 0x20, 0x15, 0x06
    refuse, allow, kill = 0x00050000 | 1, 0x7FFF0000, 0x80000000
    number_at, architecture_at, argument_at = 0, 4, 16
    code = [(load, 0, 0, architecture_at), (equal, 1, 0, architecture), (answer, 0, 0, kill)]
    code.append((load, 0, 0, number_at))
    for numbers in DENIED.values():
        code += [(equal, 0, 1, numbers[column]), (answer, 0, 0, refuse)]
    for numbers in ONLY_ON_ITSELF.values():
        code += [(equal, 0, 5, numbers[column]), (load, 0, 0, argument_at)]
        code += [(equal, 1, 0, 0), (equal, 0, 1, os.getpid())]
        code += [(answer, 0, 0, allow), (answer, 0, 0, refuse)]
    if column == 0:  # the 32-bit numbers of x86-64 would slip past the list
        code += [(0x35, 0, 1, 0x40000000), (answer, 0, 0, refuse)]
    code.append((answer, 0, 0, allow))
    program = b"".join(struct.pack("HBBI", *line) for line in code)
    buffer = ctypes.create_string_buffer(program)
    filter_ = ctypes.create_string_buffer(
        struct.pack("HxxxxxxQ", len(code), ctypes.addressof(buffer))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    checked(libc, libc.prctl(PR_SET_SECCOMP, 2, filter_, 0, 0))


def checked(libc, answer):
    """Return what a system call answered, or raise its error."""
    if answer < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return answer
