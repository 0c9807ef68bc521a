"""Give up rights for good, before a submission runs: limits, and Landlock where it is asked for.

Plain `ctypes`, so that nothing has to be installed. A seccomp filter takes away what reaches around
limits. On Linux without bubblewrap, Landlock takes away the file system and TCP, the filter every
other kind of socket, signals to other processes and changes of permissions, and the capabilities of
root are dropped.
"""

import ctypes
import os
import platform
import struct
import sys

ACCESS_FILE = 1 | 2 | 4 | 1 << 14 | 1 << 15  # execute, write, read, truncate, device control
READ = 1 | 4 | 8  # execute, read, list

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 24, 38, 22

# Numbers of system calls: (x86-64, ARM64); None where there is no such call.
DENIED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "unshare": (272, 97),
    "setns": (308, 268),
    # The session's keys are the instructor's, and outlive the sandbox.
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    # Memory that counts as nobody's.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
"""What no submission may do."""

DENIED_OUTSIDE = {
    "socket": (41, 198),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "openat2": (437, 437),
}
"""What Landlock leaves to those who can see other processes and files."""

ONLY_ON_ITSELF = {
    "kill": (62, 129),
    "tgkill": (234, 131),
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
}

DENIED_ARGUMENTS = (
    ((72, 25), 1, ~0, (8, 10, 15)),  # fcntl: F_SETOWN, F_SETSIG, F_SETOWN_EX send signals
    ((16, 29), 1, ~0, (0x8901, 0x8902)),  # ioctl: FIOSETOWN, SIOCSPGRP do so as well
    ((2, None), 1, 0o1003, (0o1000,)),  # open and openat: O_TRUNC needs no right to write
    ((257, 56), 2, 0o1003, (0o1000,)),
)
"""Calls, the place of an argument, a mask, and what is refused of it."""

UNHEEDED = {"setsid": (112, 157)}
"""What seems to succeed and does nothing. In sessions of their own many processes would each get
as much of the processor as a neighbour's whole submission."""

UNHEEDED_OUTSIDE = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
}
"""Landlock does not look at these. `shutil.copy` must not fail for them."""

TRUNCATE = (76, 45)
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def confine(spec):
    """Give up what a dict says.

    ``kind`` of sandbox; ``limits`` from names of `resource` (``AS``, ``FSIZE``) to numbers; for
    Landlock ``read`` and ``write``, lists of paths.
    """
    if sys.platform == "linux":  # die with the grader
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, 9)
    if spec["kind"] == "landlock":
        landlock(spec["read"], spec["write"])
        drop_capabilities()
    limit(spec["limits"])
    if spec["kind"] != "none":
        seccomp(outside=spec["kind"] == "landlock")


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
    handle = checked(libc.syscall(444, ctypes.byref(rules), size, 0))
    for paths, access in ((read, READ), (["/dev/null"], 2 | 4), (write, rights)):
        for path in filter(os.path.exists, paths):
            parent = os.open(path, os.O_PATH)
            allowed = access & rights if os.path.isdir(path) else access & rights & ACCESS_FILE
            rule = Beneath(allowed, parent)
            checked(libc.syscall(445, handle, 1, ctypes.byref(rule), 0))
            os.close(parent)
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    checked(libc.syscall(446, handle, 0))
    os.close(handle)


def drop_capabilities():
    """Make root an ordinary user: it keeps its files, and loses everything else."""
    libc = ctypes.CDLL(None)
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails beyond the last, and without right
    header = struct.pack("Ii", 0x20080522, 0)
    libc.capset(ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))


def seccomp(outside):
    """Take away system calls for good.

    `outside`: whether this process sees other processes and files, as without bubblewrap.
    """
    column, architecture = MACHINES.get(platform.machine(), (None, None))
    if column is None:
        return
    load, equal, both, answer = 0x20, 0x15, 0x54, 0x06
    refuse, unheeded, allow, kill = 0x00050000 | 1, 0x00050000, 0x7FFF0000, 0x80000000
    number_at, architecture_at, argument_at = 0, 4, 16
    code = [(load, 0, 0, architecture_at), (equal, 1, 0, architecture), (answer, 0, 0, kill)]
    code.append((load, 0, 0, number_at))

    def always(result, *calls):
        for numbers in calls:
            if numbers[column] is not None:
                code.extend([(equal, 0, 1, numbers[column]), (answer, 0, 0, result)])

    always(refuse, *DENIED.values())
    always(unheeded, *UNHEEDED.values())
    if outside:
        always(refuse, *DENIED_OUTSIDE.values())
        always(unheeded, *UNHEEDED_OUTSIDE.values())
        if landlock_version() < 3:
            always(refuse, TRUNCATE)
        for numbers in ONLY_ON_ITSELF.values():
            code += [(equal, 0, 5, numbers[column]), (load, 0, 0, argument_at)]
            code += [(equal, 1, 0, 0), (equal, 0, 1, os.getpid())]
            code += [(answer, 0, 0, allow), (answer, 0, 0, refuse)]
        for numbers, place, mask, values in DENIED_ARGUMENTS:
            if numbers[column] is None:
                continue
            code += [(equal, 0, 3 + 2 * len(values), numbers[column])]
            code += [(load, 0, 0, argument_at + 8 * place), (both, 0, 0, mask & 0xFFFFFFFF)]
            for value in values:
                code += [(equal, 0, 1, value), (answer, 0, 0, refuse)]
            code.append((answer, 0, 0, allow))
    if column == 0:  # the 32-bit numbers of x86-64 would slip past the list
        code += [(0x35, 0, 1, 0x40000000), (answer, 0, 0, refuse)]
    code.append((answer, 0, 0, allow))
    program = b"".join(struct.pack("HBBI", *line) for line in code)
    buffer = ctypes.create_string_buffer(program)
    filter_ = ctypes.create_string_buffer(
        struct.pack("HxxxxxxQ", len(code), ctypes.addressof(buffer))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    checked(libc.prctl(PR_SET_SECCOMP, 2, filter_, 0, 0))


def checked(answer):
    """Return what a system call answered, or raise its error."""
    if answer < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return answer
