"""A worker in its enclosure: messages to and from it, and a watch on what it uses.

A worker may send anything, or nothing, or never stop.
"""

import json
import os
import select
import subprocess
import threading
import time

from grading.sandbox.enclosure import enclosure
from grading.sandbox.inside.plain_data import HEAD, frame
from grading.sandbox.processes import (
    descendants,
    disk_usage,
    family,
    held,
    inodes_beside,
    kill_all,
    slow_down,
    socket_bytes,
    sockets_beside,
    usage,
)

PULSE = 0.2  # seconds between two looks at what the worker uses
INODE_BYTES = 1 << 10  # what the system keeps of a file in memory: more than was measured, 850
CROWD = 12  # threads beyond which a submission has to give way to those that are graded beside it


class Lost(Exception):
    """The worker is gone, or has to go; the text says why."""


class Channel:
    """Messages over two pipes: JSON objects, of which ``data`` are bytes and go beside the JSON.

    Both file descriptors become non-blocking; no message of more than `largest` bytes is taken.
    """

    def __init__(self, reader, writer, largest):
        self.reader, self.writer, self.largest = reader, writer, largest
        self.received = bytearray()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)

    def ask(self, message, seconds):
        """Send a dict and return the answer, a dict of which nothing is known but its ``data``.

        Raises `Lost` if there is none in time, it is too large or no dict in JSON, or the worker
        has ended or sent something before it was asked.
        """
        if self.received or _ready(self.reader, 0):
            raise Lost(self._ended() or "it sent something before it was asked")
        deadline = time.monotonic() + seconds
        self._send(message, deadline, seconds)
        return self.receive(deadline, seconds)

    def receive(self, deadline, seconds):
        """Return one message; see `ask`."""
        text = end = None
        while end is None or len(self.received) < end:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Lost(_late(seconds))
            if _ready(self.reader, left):
                self._read()
            if end is None and len(self.received) >= HEAD.size:
                text, data = HEAD.unpack_from(self.received)
                if text + data > self.largest:
                    raise Lost(f"its answer is larger than {self.largest >> 20} MB")
                text += HEAD.size
                end = text + data
        content, data = bytes(self.received[HEAD.size : text]), bytes(self.received[text:end])
        del self.received[:end]
        try:
            message = json.loads(content)
        except (ValueError, RecursionError):
            raise Lost("its answer cannot be read") from None
        if type(message) is not dict:
            raise Lost("its answer cannot be read")
        return message | {"data": data}

    def _read(self):
        try:
            block = os.read(self.reader, 1 << 20)
        except BlockingIOError:
            return
        if not block:
            raise Lost("its process ended")
        self.received += block

    def _ended(self):
        try:
            self._read()
        except Lost as lost:
            return str(lost)
        return ""

    def _send(self, message, deadline, seconds):
        content = memoryview(frame(message))
        while content:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Lost(_late(seconds))
            if not select.select([], [self.writer], [], left)[1]:
                continue
            try:
                content = content[os.write(self.writer, content) :]
            except BlockingIOError:
                continue
            except OSError:
                raise Lost("its process ended") from None


def _late(seconds):
    return f"it took longer than {seconds:.3g} s"


def _ready(descriptor, seconds):
    return bool(select.select([descriptor], [], [], max(0.0, seconds))[0])


class Sandbox:
    """Start a worker; ask it; it is gone after `close`, or after the first `Lost`.

    `kind` is what `grading.sandbox.enclosure.choose` returned; for the others see
    `grading.sandbox.enclosure.enclosure`. Raises `Lost` if it does not start.
    """

    def __init__(self, kind, limits, files=None, withheld=()):
        self.limits = limits
        self.reason = ""
        self.enclosure = enclosure(kind, limits, files, withheld)
        self.process = subprocess.Popen(
            self.enclosure.command,
            env=self.enclosure.environment,
            cwd=self.enclosure.folder and os.path.join(self.enclosure.folder, "work"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,  # read only if it does not start
            start_new_session=True,
            pass_fds=self.enclosure.open,
            bufsize=0,
        )
        for descriptor in self.enclosure.open:
            os.close(descriptor)
        pipes = self.process.stdout.fileno(), self.process.stdin.fileno()
        self.channel = Channel(*pipes, limits.message)
        self.ended = threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()
        os.set_blocking(self.process.stderr.fileno(), False)
        try:
            self.channel.receive(time.monotonic() + limits.start, limits.start)
        except Lost as lost:
            said = (self.process.stderr.read(1 << 16) or b"").decode(errors="replace").strip()
            self.close()
            # Of a traceback the last line is the error.
            last = f" ({said.splitlines()[-1][:500]})" if said else ""
            raise Lost(f"{self.reason or lost}{last}") from None
        except BaseException:
            self.close()
            raise

    def ask(self, message, seconds):
        """Ask the worker; see `Channel.ask`. After `Lost` the worker is gone."""
        try:
            return self.channel.ask(message, seconds)
        except Lost as lost:
            self.close()
            raise Lost(self.reason or str(lost)) from None
        except BaseException:  # interrupted in the middle of a message
            self.close()
            raise

    def close(self):
        """End the worker and everything that it started."""
        if self.ended.is_set():
            return
        self.ended.set()
        self._kill()
        self.process.wait()
        self.watcher.join()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.stderr.close()
        self.enclosure.remove()

    def _kill(self):
        # bubblewrap takes its processes with it, the others have to be found.
        kill_all(self._alive)

    def _alive(self):
        if self.process.poll() is None:
            return family(self.process.pid)
        return [pid for pid in family(self.process.pid) if pid != self.process.pid]

    def _watch(self):
        limits, folder = self.limits, self.enclosure.folder
        while not self.ended.wait(PULSE):
            pids = family(self.process.pid)
            slow_down(pids, CROWD)
            files, sockets, inodes = (*held(pids), 0) if folder else (0, *self._beside())
            memory = usage(pids) + sockets * socket_bytes() + inodes * INODE_BYTES
            # Processes first: many of them also use much memory, and the message names the cause.
            if len(pids) > limits.processes:
                self.reason = f"it started more than {limits.processes} processes"
            elif memory > limits.memory:
                self.reason = f"it used more than {limits.memory >> 20} MB of memory"
            elif folder and disk_usage(folder, limits.disk) + files > limits.disk:
                self.reason = f"it wrote more than {limits.disk >> 20} MB"
            if self.reason:
                self._kill()
                return

    def _beside(self):
        # bwrap itself is outside; what it has started has a network and folders of its own, and
        # these are memory.
        inside = descendants(self.process.pid)
        return (sockets_beside(inside[-1]), inodes_beside(inside[-1])) if inside else (0, 0)
