"""Messages to and from a worker that may send anything, or nothing, or never stop."""

import json
import os
import select
import struct
import time

HEAD = struct.Struct(">I")


class Lost(Exception):
    """The worker is gone, or has to go; the text says why."""


class Channel:
    """JSON messages with their length in front, over two pipes.

    Parameters
    ----------
    reader, writer : int
        File descriptors; they become non-blocking.
    largest : int
        Bytes of the largest message that is taken.
    """

    def __init__(self, reader, writer, largest):
        self.reader, self.writer, self.largest = reader, writer, largest
        self.received = bytearray()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)

    def ask(self, message, seconds):
        """Send a message and return the answer.

        Parameters
        ----------
        message : dict
            What `json.dumps` takes.
        seconds : float
            How long both together may take.

        Returns
        -------
        dict
            The answer, of which nothing is known but that it is a dict.

        Raises
        ------
        Lost
            If there is no answer in time, the answer is too large or is no dict in JSON, or the
            worker has ended or sent something before it was asked.
        """
        if self.received or _ready(self.reader, 0):
            raise Lost(self._ended() or "it sent something before it was asked")
        deadline = time.monotonic() + seconds
        self._send(json.dumps(message).encode(), deadline, seconds)
        return self.receive(deadline, seconds)

    def receive(self, deadline, seconds):
        """Return one message; see `ask`."""
        length = None
        while length is None or len(self.received) < HEAD.size + length:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Lost(_late(seconds))
            if _ready(self.reader, left):
                self._read()
            if length is None and len(self.received) >= HEAD.size:
                (length,) = HEAD.unpack_from(self.received)
                if length > self.largest:
                    raise Lost(f"its answer is larger than {self.largest >> 20} MB")
        content = bytes(self.received[HEAD.size : HEAD.size + length])
        del self.received[: HEAD.size + length]
        try:
            message = json.loads(content)
        except (ValueError, RecursionError):
            raise Lost("its answer cannot be read") from None
        if type(message) is not dict:
            raise Lost("its answer cannot be read")
        return message

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

    def _send(self, content, deadline, seconds):
        content = memoryview(HEAD.pack(len(content)) + content)
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
