"""Memory that counts as nobody's: each cell tries to hold far more than its submission may use.

It prints how many bytes it has got. What holds more than the limit must have been stopped; the
kinds are those of public reports on graders whose machines ran out of memory (nbgrader 427,
PrairieLearn 5083 and 14143, Coursemology 2465) and of what `/proc` leaves out.
"""

import dataclasses
import os

import needs
import pytest

from grading.marking.session import Session
from grading.sandbox import worker_process
from grading.sandbox.enclosure import Limits
from grading.sandbox.processes import held, socket_bytes, sockets_beside

pytestmark = needs.linux

LIMIT = 300 << 20
LIMITS = dataclasses.replace(Limits(), memory=LIMIT, disk=64 << 20, processes=16, cell=15)
KINDS = ("bubblewrap", "landlock") if os.environ.get("CORPUS") == "all" else ("bubblewrap",)

START = """import array, fcntl, mmap, os, socket, threading, time
kept, block, WANTED = [], b"x" * 65536, 600 << 20
def full(one):
    one.setblocking(False)
    got = 0
    try:
        while True:
            got += one.send(block)
    except (BlockingIOError, OSError):
        return got
def report(got):
    time.sleep(0.8)
    print("held", got)
"""

IN_CHILDREN = """
got, pipes = 0, []
for _ in range(10):
    reader, writer = os.pipe()
    if os.fork() == 0:
        got = 0
        try:
            got = {0}
        finally:
            os.write(writer, str(got).encode())
            time.sleep(5)
            os._exit(0)
    pipes.append(reader)
report(sum(int(os.read(one, 99)) for one in pipes))
"""

PAIRS = """def pairs(n, kind=socket.SOCK_STREAM, room=0):
    got = 0
    for _ in range(n):
        pair = socket.socketpair(type=kind)
        kept.append(pair)
        for one in pair:
            if room:
                try:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, room)
                except OSError:
                    pass
            got += full(one)
    return got
"""
FLIGHT = """def flight(n):
    outer, got = socket.socketpair(), 0
    kept.append(outer)
    for _ in range(n):
        pair = socket.socketpair()
        got += full(pair[0]) + full(pair[1])
        socket.send_fds(outer[0], [b"x"], [pair[0].fileno(), pair[1].fileno()])
        pair[0].close(), pair[1].close()
    return got
"""
LISTENING = """def listening(n, family, address):
    got = 0
    for i in range(n):
        server, client = socket.socket(family), socket.socket(family)
        server.bind(address(i))
        server.listen()
        client.connect(server.getsockname())
        kept.extend((server, client, server.accept()[0]))
        got += full(client) + full(kept[-1])
    return got
"""

PIPES = """def pipes(n):
    got = 0
    for _ in range(n):
        pair = os.pipe()
        kept.append(pair)
        try:
            fcntl.fcntl(pair[1], fcntl.F_SETPIPE_SZ, 1 << 20)
        except OSError:
            pass
        os.set_blocking(pair[1], False)
        try:
            while True:
                got += os.write(pair[1], block)
        except BlockingIOError:
            pass
    return got
"""

CELLS = {
    "a list that grows": "while True:\n    kept.append(bytearray(block * 100))\n",
    "numpy": "import numpy as np\nx = np.ones(WANTED // 8)\nreport(x.nbytes)",
    "a string that doubles": "s = 'x'\nwhile len(s) < WANTED:\n    s += s\nreport(len(s))",
    "children": IN_CHILDREN.format("len(kept.append(bytearray(block * 960)) or kept[-1])"),
    "shared memory of children": "shared = mmap.mmap(-1, WANTED)\n"
    "for i in range(0, WANTED, 65536):\n    shared[i : i + 65536] = block\nreport(WANTED)",
    "a thread a megabyte": "def work():\n    x = bytearray(block * 160)\n    time.sleep(5)\n"
    "for _ in range(60):\n    threading.Thread(target=work, daemon=True).start()\n"
    "report(60 * 160 * 65536)",
    "sockets": PAIRS + IN_CHILDREN.format("pairs(240)"),
    "sockets of messages": PAIRS + IN_CHILDREN.format("pairs(240, socket.SOCK_DGRAM)"),
    "sockets with larger buffers": PAIRS + IN_CHILDREN.format("pairs(60, room=1 << 22)"),
    "sockets on their way": FLIGHT + IN_CHILDREN.format("flight(240)"),
    "sockets with a name": LISTENING
    + IN_CHILDREN.format("listening(120, socket.AF_UNIX, lambda i: f's{os.getpid()}-{i}')"),
    "sockets without a name in the file system": LISTENING
    + IN_CHILDREN.format("listening(120, socket.AF_UNIX, lambda i: f'\\0{os.getpid()}-{i}')"),
    "sockets of the network": LISTENING
    + IN_CHILDREN.format("listening(120, socket.AF_INET, lambda i: ('127.0.0.1', 0))"),
    "pipes": PIPES + IN_CHILDREN.format("pipes(240)"),
    "files": IN_CHILDREN.format("open(f'f{os.getpid()}', 'wb').write(block * 960)"),
    "files that are deleted": "def gone(n):\n    f = open(f'f{os.getpid()}', 'wb', buffering=0)\n"
    "    kept.append(f)\n    os.unlink(f.name)\n    return f.write(block * n)\n"
    + IN_CHILDREN.format("gone(960)"),
    "shared memory with a name": IN_CHILDREN.format(
        "open(f'/dev/shm/f{os.getpid()}', 'wb').write(block * 960)"
    ),
    "a file that is only memory": "f = os.memfd_create('x')\nreport(os.write(f, block * 9600))",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cell", CELLS)
def test_nobody_holds_more_than_the_limit(kind, cell):
    session = Session(needs.sandbox(kind), LIMITS)
    try:
        answer = session.run(START + CELLS[cell])
        stopped = "MB" in answer["error"] and "The cell was stopped" in answer["error"]
        assert not answer["error"].startswith(("NameError", "TypeError", "SyntaxError")), answer
        assert stopped or answer["error"] or "held" in answer["printed"], answer
        if not answer["error"]:
            assert int(answer["printed"].rpartition("held ")[2] or 0) <= LIMIT, answer
        assert session.run("1 + 1")["error"] == ""
    finally:
        session.close()


def test_sockets_are_counted():
    import socket

    before = held([os.getpid()])[1]
    pair = socket.socketpair()
    assert held([os.getpid()])[1] == before + 2 and sockets_beside(os.getpid()) >= 2
    for one in pair:
        one.close()
    assert held([os.getpid()])[1] == before
    assert socket_bytes() > 100_000 and sockets_beside(2**22 + 1) == 0


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("bubblewrap", "it used more than 300 MB"), ("landlock", "it wrote more than 1 MB")],
)
def test_empty_files_are_counted(kind, reason, monkeypatch):
    """As if each were large, since it takes long to make as many as it would need."""
    monkeypatch.setattr(worker_process, "INODE_BYTES", 1 << 20)
    session = Session(needs.sandbox(kind), dataclasses.replace(LIMITS, disk=1 << 20))
    try:
        code = "import time\nfor i in range(400):\n    open(f'f{i}', 'w').close()\ntime.sleep(10)"
        assert reason in session.run(code)["error"]
    finally:
        session.close()


HONEST = {
    "asyncio": "import asyncio, threading\nt = threading.Thread(target=asyncio.run, "
    "args=[asyncio.sleep(0)])\nt.start()\nt.join()\nawait asyncio.sleep(0)",
    "multiprocessing": "import multiprocessing\na, b = multiprocessing.Pipe()\na.send(1)\nb.recv()",
    "joblib": "from joblib import Parallel, delayed\n"
    "assert Parallel(2)(delayed(abs)(i) for i in [-1]) == [1]",
    "subprocess": "import subprocess\nsubprocess.run(['true'], capture_output=True, check=True)",
    "no network": "import urllib.request\ntry:\n    urllib.request.urlopen('http://localhost:9')\n"
    "except OSError:\n    pass",
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_honest_people_do_with_sockets_works(kind):
    session = Session(needs.sandbox(kind), LIMITS)
    try:
        assert {what: session.run(code)["error"] for what, code in HONEST.items()} == dict.fromkeys(
            HONEST, ""
        )
    finally:
        session.close()
