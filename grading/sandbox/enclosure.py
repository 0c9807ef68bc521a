"""Which sandbox there is, what a submission may use up, and the command that starts a worker.

bubblewrap gives the worker a file system of its own, no network, no other processes, and takes
everything down with it. Without it Linux's Landlock gives the same file system rights and refuses
sockets. Without either nothing is graded, unless the instructor insists.
"""

import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from grading.sandbox import library
from grading.sandbox.inside.confine import landlock_version

INSIDE = pathlib.Path(__file__).resolve().parent / "inside"
KINDS = ("bubblewrap", "landlock", "none")
# What holds in each kind, and what its limit of memory counts: for the log.
PROTECTION = {
    "bubblewrap": "files, processes and network of its own; memory of processes, sockets and files",
    "landlock": "rights on files, a filter of calls; memory of processes and of sockets",
    "none": "limits alone; memory of processes and of sockets",
}

SYSTEM = ("/lib", "/lib32", "/lib64", "/bin", "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64")
SYSTEM += ("/usr/share", "/usr/local/bin", "/usr/local/lib", "/etc/ld.so.cache", "/etc/fonts")
SYSTEM += ("/etc/alternatives", "/etc/localtime")
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
# What is visible of Python's folders. Others may lie beside it: nbgrader's exchange, with the work
# of the whole class, is in /usr/local/share.
PYTHON = ("bin", "lib", "lib64", "ssl", "share/zoneinfo", "pyvenv.cfg")


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one submission may use up.

    Seconds count elapsed time. `memory` and `processes` count everything that the submission
    started; `address_space` is that of one process, which reserves far more than it uses.
    """

    call: float = 10.0  # seconds a call of one of its functions may take
    cell: float = 20.0  # seconds a cell may take
    test: float = 60.0  # seconds a test cell may take, its calls included
    total: float = 120.0  # seconds after which the submission does not run any more
    hard: float = 170.0  # seconds after which everything that belongs to the submission is killed
    start: float = 60.0  # seconds the sandbox may take to start
    memory: int = 2 << 30  # bytes
    address_space: int = 6 << 30  # bytes
    disk: int = 256 << 20  # bytes of all files it writes
    message: int = 16 << 20  # bytes of one answer
    processes: int = 64  # processes at a time
    restarts: int = 20  # how often a sandbox that died is started again

    def __post_init__(self):
        for name, value in vars(self).items():
            if type(value) not in (int, float) or not 0 < value < float("inf"):
                raise ValueError(f"limit {name} must be a positive number, not {value!r}")

    @classmethod
    def parse(cls, settings):
        """Read what differs from the defaults, as ``["call=5", "memory=1e9"]``."""
        kinds = {field.name: type(field.default) for field in dataclasses.fields(cls)}
        values = {}
        for setting in settings:
            name, _, value = setting.partition("=")
            if name not in kinds:
                raise ValueError(f"there is no limit {name!r}; there are {', '.join(kinds)}")
            try:
                values[name] = kinds[name](float(value))
            except (ValueError, OverflowError):
                raise ValueError(f"limit {name} must be a number, not {value!r}") from None
        if "total" in values and "hard" not in values:  # the time to end everything stays
            values["hard"] = max(cls.hard, values["total"] + cls.hard - cls.total)
        return cls(**values)


class NoSandbox(ValueError):
    """There is no sandbox on this machine."""


def choose(wanted=None, unsafe=False):
    """Return the best of `KINDS` that works here, or the one that is wanted.

    ``"none"`` only if `unsafe`; else `NoSandbox` is raised and says what to install.
    """
    if wanted not in (None, *KINDS):
        raise ValueError(f"the sandbox must be one of {', '.join(KINDS)}, not {wanted!r}")
    if wanted in (None, "bubblewrap") and not (trouble := bubblewrap_trouble()):
        return "bubblewrap"
    if wanted == "bubblewrap":
        raise NoSandbox(f"bubblewrap does not work here: {trouble}")
    if wanted in (None, "landlock") and landlock_version():
        return "landlock"
    if wanted == "landlock":
        raise NoSandbox("this machine's kernel has no Landlock (Linux 5.13 or newer has)")
    if unsafe:
        return "none"
    raise NoSandbox(
        "there is no sandbox on this machine, and submissions are programs: install bubblewrap "
        "(Debian, Ubuntu: apt install bubblewrap; on Windows inside WSL2; on a Mac in a Linux "
        "container or virtual machine), or give --unsafe to run them with all of your rights"
    )


@functools.cache
def bubblewrap_trouble():
    """Say why bubblewrap cannot be used; the empty string if it can."""
    if sys.platform != "linux" or not shutil.which("bwrap"):
        return "the program bwrap is not installed"
    # What a submission starts in, and its worker up to where it would begin.
    worker = f"import runpy; runpy.run_path({str(INSIDE / 'worker.py')!r})"
    command = [*_bubblewrap(Limits(), {}, {}), sys.executable, "-s", "-P", "-c", worker]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=Limits.start)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or "it fails"


@dataclasses.dataclass
class Enclosure:
    """A worker's command, environment and folder."""

    command: list
    environment: dict
    # Temporary folder on the disk, to be removed afterwards; None inside bubblewrap.
    folder: str | None = None
    open: tuple = ()  # descriptors that the command reads when it starts

    def remove(self):
        """Take the temporary folder off the disk, whatever the worker did to it."""
        if self.folder:
            _make_removable(self.folder)
            # Not shutil.rmtree, which fails on folders that are nested a thousand deep.
            subprocess.run(["rm", "-rf", self.folder], stderr=subprocess.DEVNULL)


def _make_removable(folder):
    for path, names, _ in os.walk(folder):
        for name in names:
            inner = os.path.join(path, name)
            if not os.path.islink(inner):
                with contextlib.suppress(OSError):  # a path that is too long
                    os.chmod(inner, 0o700)


def enclosure(kind, limits, files=None, withheld=()):
    """Return the `Enclosure` of a worker.

    `files` is a folder whose content it finds in its own, `withheld` names functions of the library
    that it does without.
    """
    # A core of 0 bytes is still given to a program that collects them, one of 1 byte is not.
    rlimits = {"AS": limits.address_space, "FSIZE": limits.disk, "CORE": 1}
    rlimits |= {"CPU": int(limits.total) + 1, "NPROC": 4 * limits.processes, "NOFILE": 512}
    rlimits["DATA"] = limits.address_space  # the grader's own is smaller
    spec = {"kind": kind, "limits": rlimits}
    names = sorted(os.listdir(files)) if files else []
    if kind == "bubblewrap":
        given = {os.path.join(files, n): f"/tmp/work/{n}" for n in names}
        changed = {path: _in_memory(content) for path, content in library.without(withheld).items()}
        command = _bubblewrap(limits, given, changed)
        return Enclosure([*command, *_worker(spec)], {}, None, tuple(changed.values()))
    folder = tempfile.mkdtemp(prefix="grading-")
    home, work, packages = (os.path.join(folder, name) for name in ("home", "work", "lib"))
    os.makedirs(os.path.join(home, "matplotlib"))
    os.mkdir(work)
    os.mkdir(packages)
    for name in names:
        source, target = os.path.join(files, name), os.path.join(work, name)
        (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, target)
    for source in font_lists():
        shutil.copy(source, os.path.join(home, "matplotlib"))
    # Python looks for modules by listing folders, and the folder of an editable install is one that
    # must not be listed: the library is offered in a folder of its own.
    if withheld:
        library.copy_without(withheld, pathlib.Path(packages))
    elif not _inside(library.PACKAGE, _python()):
        os.symlink(library.PACKAGE, os.path.join(packages, library.PACKAGE.name))
    if kind == "landlock":
        system = ["/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/dev/urandom", "/dev/zero"]
        hidden = [concealed(), *([library.PACKAGE] if withheld else [])]
        read, listed = _split([*map(pathlib.Path, SYSTEM), *readable()], hidden)
        spec |= {"read": [*system, packages, *read], "list": listed, "write": [home, work]}
    environment = _environment(home) | {"PYTHONPATH": packages}
    return Enclosure(_worker(spec), environment, folder)


def _in_memory(content):
    """Return a descriptor from which a program that is started can read some bytes."""
    descriptor = os.memfd_create("library")
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def readable():
    """Return what the worker may read besides the system: Python, its own code, the library."""
    return [*_python(), INSIDE, library.PACKAGE]


def concealed():
    """Return what must not be seen even where a folder that holds it is visible."""
    grading = INSIDE.parents[1]
    # An editable install: all of the repository, with solutions and hidden tests.
    return grading if _inside(grading, _python()) else grading.parent


def _split(paths, hidden):
    """Return what of some paths may be read, and which folders listed, so that some are hidden.

    Landlock can only allow: in place of a folder around what is hidden stands all that is in it.
    """
    read, listed, todo = [], [], {path.resolve() for path in paths if path.exists()}
    while todo:
        path = todo.pop()
        if any(one != path and one.is_relative_to(path) for one in hidden):
            listed.append(str(path))
            todo |= {inner for inner in path.iterdir() if not inner.is_symlink()}
        elif path not in hidden:
            read.append(str(path))
    return read, listed


@functools.cache
def _python():
    named = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    folders = {pathlib.Path(p) for p in named} | {pathlib.Path(p).resolve() for p in named}
    return sorted(
        folder / part for folder in folders for part in PYTHON if (folder / part).exists()
    )


def _inside(path, folders):
    return any(path.is_relative_to(folder) for folder in folders)


@functools.cache
def font_lists():
    """Return matplotlib's lists of fonts, which take seconds to make; make them if needed."""
    import matplotlib

    folder = pathlib.Path(matplotlib.get_cachedir())
    if not (found := sorted(folder.glob("fontlist-*.json"))):
        import matplotlib.font_manager

        found = sorted(folder.glob("fontlist-*.json"))
    return [str(path) for path in found]


def _worker(spec):
    # Not -I: that would hide PYTHONPATH, and the environment is ours anyway.
    return [sys.executable, "-s", "-P", str(INSIDE / "worker.py"), json.dumps(spec)]


def _environment(folder):
    path = [os.path.dirname(sys.executable), "/usr/local/bin", "/usr/bin", "/bin"]
    return dict.fromkeys(ONE_THREAD, "1") | {
        "PATH": os.pathsep.join(path),
        "HOME": folder,
        "TMPDIR": folder,
        "USER": "student",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": os.path.join(folder, "matplotlib"),
        "IPYTHONDIR": os.path.join(folder, "ipython"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_NO_INDEX": "1",  # there is no network: fail at once, instead of trying for seconds
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def _bubblewrap(limits, files, changed):
    """Return the command that starts a program in a file system made for it.

    `files` are mounted elsewhere; `changed` are files with other content, which a descriptor has.

    What is mounted is ordered by path, so that a folder comes before what lies inside it: the
    repository is covered, then its Python environment is put back.
    """
    visible = [pathlib.Path(path) for path in SYSTEM if os.path.exists(path)] + readable()
    # Once, and links as links (/lib, an environment's lib64): by a second way to it what is covered
    # would be there.
    real = {path.resolve() for path in visible}
    mounts = {str(path): ("--ro-bind", str(path), str(path)) for path in real}
    for path in visible:
        if not _inside(path, real):
            mounts[str(path)] = ("--symlink", str(path.resolve()), str(path))
    mounts |= {target: ("--ro-bind", source, target) for source, target in files.items()}
    for source in font_lists():
        target = f"/tmp/home/matplotlib/{os.path.basename(source)}"
        mounts[target] = ("--ro-bind", source, target)
    for path, descriptor in changed.items():
        mounts[str(path)] = ("--ro-bind-data", str(descriptor), str(path))
        mounts |= {str(p): ("--ro-bind", "/dev/null", str(p)) for p in library.compiled(path)}
    covered = [str(concealed())] if _inside(concealed(), real) else []
    mounts |= {path: ("--tmpfs", path) for path in covered}
    mounts["/tmp"] = ("--size", str(limits.disk), "--tmpfs", "/tmp")
    mounts["/tmp/home"] = ("--dir", "/tmp/home")
    mounts["/tmp/work"] = ("--dir", "/tmp/work")
    mounts["/proc"] = ("--proc", "/proc")
    mounts["/dev"] = ("--dev", "/dev")
    mounts["/dev/shm"] = ("--size", str(limits.disk), "--tmpfs", "/dev/shm")
    command = [shutil.which("bwrap"), "--unshare-all", "--unshare-user", "--disable-userns"]
    command += ["--uid", "65534", "--gid", "65534", "--cap-drop", "ALL", "--hostname", "sandbox"]
    command += ["--die-with-parent", "--new-session", "--clearenv"]
    for path in sorted(mounts, key=lambda p: len(pathlib.PurePath(p).parts)):
        command += mounts[path]
    for path in ("/dev", "/", *covered):  # now that all is mounted in them
        command += ["--remount-ro", path]
    command += ["--chdir", "/tmp/work"]
    for name, value in _environment("/tmp/home").items():
        command += ["--setenv", name, value]
    return [*command, "--"]
