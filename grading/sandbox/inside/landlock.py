"""The sandbox of Linux machines where bubblewrap is not allowed, as in most containers.

Landlock takes away the file system and TCP; a filter takes away every other kind of socket, signals
to other processes and changes of permissions; and root loses its capabilities.
"""

import ctypes
import os
import struct

from confine import (
    PR_SET_NO_NEW_PRIVS,
    REFUSE,
    UNHEED,
    always,
    checked,
    landlock_version,
    never,
    only,
)

ACCESS_FILE = 1 | 2 | 4 | 1 << 14 | 1 << 15  # execute, write, read, truncate, device control
LIST = 8
READ = 1 | 4 | LIST  # execute, read, list

PR_CAPBSET_DROP = 24

# What Landlock leaves to those who can see other processes and files.
DENIED_OUTSIDE = {
    "socket": (41, 198),
    # Descriptors on their way to nowhere would keep sockets that are nobody's.
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
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

ONLY_ON_ITSELF = {
    "kill": (62, 129),
    "tgkill": (234, 131),
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
}

# Calls, the place of an argument, a mask, and what is refused of it.
DENIED_ARGUMENTS = (
    ((72, 25), 1, ~0, (8, 10, 15)),  # fcntl: F_SETOWN, F_SETSIG, F_SETOWN_EX send signals
    ((16, 29), 1, ~0, (0x8901, 0x8902)),  # ioctl: FIOSETOWN, SIOCSPGRP do so as well
    ((2, None), 1, 0o1003, (0o1000,)),  # open and openat: O_TRUNC needs no right to write
    ((257, 56), 2, 0o1003, (0o1000,)),
)

# Landlock does not look at these. `shutil.copy` must not fail for them.
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

TRUNCATE = (76, 45)


def restrict(paths):
    """Allow nothing of the file system but some paths, and drop what root may do.

    `paths` are lists: what to ``read``, to ``list`` and to ``write``.
    """
    landlock(paths)
    drop_capabilities()


def filtered():
    """Return the rules of the filter for what Landlock does not look at."""
    rules = always(REFUSE, DENIED_OUTSIDE.values()) + always(UNHEED, UNHEEDED_OUTSIDE.values())
    if landlock_version() < 3:
        rules += always(REFUSE, [TRUNCATE])
    for call in ONLY_ON_ITSELF.values():
        rules += only(call, (0, os.getpid()))
    for denied in DENIED_ARGUMENTS:
        rules += never(*denied)
    return rules


def landlock(paths):
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
    paths = paths | {"null": ["/dev/null"]}
    for name, access in (("read", READ), ("list", LIST), ("null", 2 | 4), ("write", rights)):
        for path in filter(os.path.exists, paths[name]):
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
