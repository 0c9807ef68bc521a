"""A worker in its enclosure, watched while it lives."""

import os
import subprocess
import threading
import time

from grading.sandbox.channel import Channel, Lost
from grading.sandbox.enclosure import enclosure
from grading.sandbox.processes import belonging, calm, disk_usage, kill_all, unlinked, usage

PULSE = 0.2
"""Seconds between two looks at what the worker uses."""

CROWD = 12
"""Threads beyond which a submission has to give way to those that are graded beside it."""


class Sandbox:
    """Start a worker; ask it; it is gone after `close`, or after the first `Lost`.

    Parameters
    ----------
    kind : str
        What `grading.sandbox.enclosure.choose` returned.
    limits : Limits
        What it may use up.
    files : path-like, optional
        Folder whose content it finds in its folder.

    Raises
    ------
    Lost
        If the worker does not start.
    """

    def __init__(self, kind, limits, files=None):
        self.limits = limits
        self.reason = ""
        self.enclosure = enclosure(kind, limits, files)
        self.process = subprocess.Popen(
            self.enclosure.command,
            env=self.enclosure.environment,
            cwd=self.enclosure.folder and os.path.join(self.enclosure.folder, "work"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )
        pipes = self.process.stdout.fileno(), self.process.stdin.fileno()
        self.channel = Channel(*pipes, limits.message)
        self.ended = threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()
        try:
            self.channel.receive(time.monotonic() + limits.start, limits.start)
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
        self.enclosure.remove()

    def _kill(self):
        # bubblewrap takes its processes with it, the others have to be found.
        kill_all(self._alive)

    def _alive(self):
        if self.process.poll() is None:
            return belonging(self.process.pid)
        return [pid for pid in belonging(self.process.pid) if pid != self.process.pid]

    def _watch(self):
        limits, folder = self.limits, self.enclosure.folder
        while not self.ended.wait(PULSE):
            pids = belonging(self.process.pid)
            calm(pids, CROWD)
            # Processes first: many of them also use much memory, and the message names the cause.
            if len(pids) > limits.processes:
                self.reason = f"it started more than {limits.processes} processes"
            elif usage(pids) > limits.memory:
                self.reason = f"it used more than {limits.memory >> 20} MB of memory"
            elif folder and disk_usage(folder, limits.disk) + unlinked(pids) > limits.disk:
                self.reason = f"it wrote more than {limits.disk >> 20} MB"
            if self.reason:
                self._kill()
                return
