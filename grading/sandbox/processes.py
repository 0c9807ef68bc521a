"""Trees of processes: what they use, and how to end them."""

import contextlib
import ctypes
import errno
import functools
import os
import signal
import stat
import sys
import time

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
PATIENCE = 10.0  # seconds for ending processes that may multiply faster than they are ended

PR_SET_CHILD_SUBREAPER = 36

_adopting = False


def children(pid):
    """Return the ids of a process's children, none if it is gone."""
    if sys.platform != "linux":
        import psutil

        try:
            return [child.pid for child in psutil.Process(pid).children()]
        except psutil.Error:
            return []
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += map(int, file.read().split())
    except OSError:
        pass
    return found


def descendants(pid):
    """Return the ids of all that a process has started, directly or not."""
    found, todo = [], [pid]
    while todo:
        new = children(todo.pop())
        found += new
        todo += new
    return found


def family(pid):
    """Return the ids of a child of this process, its descendants, and the orphans adopted here."""
    roots = [pid]
    if _adopting:
        roots += [other for other in children(os.getpid()) if other != pid]
    return [one for root in roots for one in (*descendants(root), root)]


def usage(pids):
    """Return the resident bytes of some processes, together."""
    resident = 0
    for one in pids:
        try:
            resident += _resident(one)
        except (OSError, ValueError, IndexError):
            continue  # it has ended
    return resident


def _resident(pid):
    if sys.platform == "linux":
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * PAGE
    import psutil

    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0


def disk_usage(folder, enough):
    """Return the bytes of all files and folders in a folder; stop counting at `enough`.

    Where folders are nested so deeply that nobody can look, there is more than enough.
    """
    total, hidden = 0, []
    for path, folders, names in os.walk(folder, onerror=hidden.append):
        if any(error.errno == errno.ENAMETOOLONG for error in hidden):
            return enough + 1
        for name in (*folders, *names):
            with contextlib.suppress(OSError):
                # A file takes a block however small it is, and a hole takes none.
                total += max(4096, os.lstat(os.path.join(path, name)).st_blocks * 512)
            if total > enough:
                return total
    return total


def held(pids):
    """Return what some processes hold open that is in no folder and no process's memory.

    That is the bytes of files that no folder has any more, and the number of sockets.
    """
    files, sockets = {}, set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    file = os.stat(f"/proc/{pid}/fd/{name}")
                    if stat.S_ISREG(file.st_mode) and file.st_nlink == 0:
                        files[file.st_dev, file.st_ino] = file.st_blocks * 512
                    elif stat.S_ISSOCK(file.st_mode):
                        sockets.add(file.st_ino)
    return sum(files.values()), len(sockets)


def sockets_beside(pid):
    """Return how many sockets there are in a process's network, also those that nobody holds."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/net/sockstat") as file:
            return int(file.readline().split()[2])
    return 0


def inodes_beside(pid):
    """Return how many files, empty ones too, there are in a process's own /tmp and /dev/shm."""
    found = 0
    for folder in ("tmp", "dev/shm"):
        with contextlib.suppress(OSError):
            state = os.statvfs(f"/proc/{pid}/root/{folder}")
            found += state.f_files - state.f_ffree
    return found


@functools.cache
def socket_bytes():
    """Return how much a socket can keep in its buffer: it may run over by one packet."""
    with contextlib.suppress(OSError, ValueError):
        with open("/proc/sys/net/core/wmem_default") as file:
            return int(file.read()) + (64 << 10)
    return 0


def slow_down(pids, crowd):
    """Give processes the lowest priority if they have more than `crowd` threads together.

    What they start inherits it, and only root can take it back.
    """
    if sys.platform != "linux":
        return
    threads = []
    for pid in pids:
        with contextlib.suppress(OSError):
            threads += map(int, os.listdir(f"/proc/{pid}/task"))
    for thread in threads if len(threads) > crowd else ():
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, 19)


def adopt_orphans():
    """Make this process the parent of descendants whose parent ends, so that none gets lost.

    From then on every child that `family` does not know belongs to it, too: a process calls this
    that has one child at a time.
    """
    global _adopting
    _adopting = True
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_all(find):
    """End the processes whose ids `find` returns until there are none; return how many are left.

    After `PATIENCE` seconds it gives up.
    """
    deadline = time.monotonic() + PATIENCE
    while left := find():
        # First stop them all: what is stopped cannot start another one.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in left:
                with contextlib.suppress(OSError):
                    os.kill(pid, number)
        if _adopting:
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
        if time.monotonic() > deadline:
            return len(left)
        time.sleep(0.001)
    return 0
