"""What a child process writes, read until it ends or its time is over."""

import math
import os
import select
import time


def read_output(pipe, deadline, most=math.inf):
    """Return a pipe's bytes, and in words why not all of them were awaited; empty at their end.

    `deadline` is a time of the monotonic clock, `most` the number of bytes after which it is over.
    """
    output = bytearray()
    while len(output) <= most:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return bytes(output), "it took too long"
        block = os.read(pipe, 1 << 20)
        if not block:
            return bytes(output), ""
        output += block
    return bytes(output), "its report is too large"
