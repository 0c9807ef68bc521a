"""Read what strangers have packed in a process of its own: whatever a file does, it ends there."""

import contextlib
import os
import pickle
import signal
import time
import warnings

from grading.classes.archives import Refused
from grading.marking.child_output import read_output

# Bytes that reading may need beyond what this process has: a notebook of 64 MB needs half.
MEMORY = 1 << 30

SECONDS = 60.0


def read_apart(function, *arguments, seconds=SECONDS):
    """Return what ``function(*arguments)`` returns in a child with limits on time and memory.

    Raises `Refused`, which says what went wrong, whatever it was. The function is one of ours and
    runs nothing that was handed in, so that its answer may be any object. Without ``fork``, on
    Windows, there are no limits.
    """
    if not hasattr(os, "fork"):
        answer = _attempt(function, arguments)
    else:
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            # Of a process with threads, which may hold locks; nothing that reads needs one.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            os.close(reader)
            _child(writer, function, arguments, seconds)
        os.close(writer)
        try:
            content, late = read_output(reader, time.monotonic() + seconds)
        finally:
            os.close(reader)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        if late:
            answer = None, f"reading it takes longer than {seconds:.3g} s"
        else:
            answer = pickle.loads(content) if content else (None, "reading it ended the process")
    value, trouble = answer
    if trouble:
        raise Refused(trouble)
    return value


def _attempt(function, arguments):
    """Return the value, or None and what went wrong in words."""
    try:
        return function(*arguments), ""
    except MemoryError:
        return None, "reading it takes too much memory"
    except Refused as error:
        return None, str(error)
    except Exception as error:
        words = str(error)[:200]
        return None, f"it is damaged ({type(error).__name__}{': ' * bool(words)}{words})"


def _child(writer, function, arguments, seconds):
    """Answer; never returns."""
    try:
        import resource

        cpu = int(time.process_time() + seconds) + 1  # if nobody is left to end it
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        with contextlib.suppress(OSError, ValueError):  # elsewhere than on Linux only time counts
            with open("/proc/self/statm") as file:
                most = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + MEMORY
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        try:
            content = pickle.dumps(_attempt(function, arguments))
        except MemoryError:
            content = pickle.dumps((None, "reading it takes too much memory"))
        with open(writer, "wb") as file:
            file.write(content)
    finally:
        os._exit(0)
