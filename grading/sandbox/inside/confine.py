"""Give up rights for good, before a submission runs: limits, and system calls that escape them.

Plain `ctypes`, so that nothing has to be installed.
"""

import ctypes
import os
import platform
import signal
import struct
import sys

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 38, 22
AF_UNIX = 1

# What no submission may do, as numbers of system calls: (x86-64, ARM64); None where there is none.
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

# Only for sockets between processes of its own: an `asyncio` loop has two. Others can hold
# megabytes that count as nobody's, and there is no network anyway.
SOCKET = (41, 198)

# Calls, the place of an argument, a mask, and what is refused of it.
DENIED_ARGUMENTS = [((54, 208), 2, ~0, (7, 32))]  # setsockopt: SO_SNDBUF, SO_SNDBUFFORCE

# What seems to succeed and does nothing. In sessions of their own many processes would each get as
# much of the processor as a neighbour's whole submission.
UNHEEDED = {"setsid": (112, 157)}

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def confine(spec):
    """Give up what a dict says.

    ``kind`` of sandbox; ``limits`` from names of `resource` (``AS``, ``FSIZE``) to numbers; for
    Landlock ``read``, ``list`` and ``write``, lists of paths.
    """
    die_with_parent()
    limit(spec["limits"])
    if spec["kind"] == "landlock":
        import landlock

        landlock.restrict(spec)
        seccomp([*landlock.filtered(), *filtered()])
    elif spec["kind"] == "bubblewrap":
        seccomp(filtered())


def die_with_parent():
    """End this process when the one that started it ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


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


# A filter is a list of rules (code, if true, if false, value) for the kernel's packet filter. It
# has the number of the system call loaded when a rule begins, and a rule that takes another value
# ends the filter.
LOAD, EQUAL, AND, ANSWER, AT_LEAST = 0x20, 0x15, 0x54, 0x06, 0x35
REFUSE, UNHEED, ALLOW, KILL = 0x00050000 | 1, 0x00050000, 0x7FFF0000, 0x80000000
NUMBER_AT, ARCHITECTURE_AT, ARGUMENT_AT = 0, 4, 16


def column():
    """Return which of the numbers are this machine's: 0, 1, or None for another machine."""
    return MACHINES.get(platform.machine(), (None, None))[0]


def filtered():
    """Return the rules for every sandbox."""
    rules = always(REFUSE, DENIED.values()) + always(UNHEED, UNHEEDED.values())
    rules += only(SOCKET, (AF_UNIX,))
    for denied in DENIED_ARGUMENTS:
        rules += never(*denied)
    return rules


def always(answer, calls):
    """Return rules that give calls one answer, whatever their arguments."""
    numbers = [call[column()] for call in calls if call[column()] is not None]
    return [rule for n in numbers for rule in ((EQUAL, 0, 1, n), (ANSWER, 0, 0, answer))]


def only(call, values):
    """Return rules that allow a call with some values of its first argument, and no other."""
    rules = [(EQUAL, 0, 2 + 2 * len(values), call[column()]), (LOAD, 0, 0, ARGUMENT_AT)]
    for value in values:
        rules += [(EQUAL, 0, 1, value), (ANSWER, 0, 0, ALLOW)]
    return [*rules, (ANSWER, 0, 0, REFUSE)]


def never(call, place, mask, values):
    """Return rules that refuse a call with some values of an argument, and allow it otherwise."""
    if call[column()] is None:
        return []
    rules = [(EQUAL, 0, 3 + 2 * len(values), call[column()])]
    rules += [(LOAD, 0, 0, ARGUMENT_AT + 8 * place), (AND, 0, 0, mask & 0xFFFFFFFF)]
    for value in values:
        rules += [(EQUAL, 0, 1, value), (ANSWER, 0, 0, REFUSE)]
    return [*rules, (ANSWER, 0, 0, ALLOW)]


def seccomp(rules):
    """Filter this process's system calls for good."""
    if column() is None:
        return
    _, architecture = MACHINES[platform.machine()]
    code = [(LOAD, 0, 0, ARCHITECTURE_AT), (EQUAL, 1, 0, architecture), (ANSWER, 0, 0, KILL)]
    code += [(LOAD, 0, 0, NUMBER_AT), *rules]
    if column() == 0:  # the 32-bit numbers of x86-64 would slip past the list
        code += [(AT_LEAST, 0, 1, 0x40000000), (ANSWER, 0, 0, REFUSE)]
    code.append((ANSWER, 0, 0, ALLOW))
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
