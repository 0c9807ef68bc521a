"""Files of every kind: each has a status that says what is wrong, and nobody else has it.

Reports of such: jupyter/nbgrader #416, #567, #1302, #1377, #1941; ucbds-infra/otter-grader #176,
#433; mrlvsb/kelvin #793; CodeGra.de #491; okpy/ok #597, #726; PrairieLearn #2873, #3183;
python/cpython #98286.
"""

import io
import json
import tarfile
import zipfile

from small_assignment import FULL, Paper


def packed(compression=zipfile.ZIP_DEFLATED, **entries):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, getattr(data, "text", data))
    return content.getvalue()


def tarred(kind):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=f"w:{kind}") as archive:
        data = Paper().text.encode()
        entry = tarfile.TarInfo("small.ipynb")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def changed(content, old, new):
    assert old in content
    return content.replace(old, new)


def encrypted(content):
    """The archive with the flag of encryption in both of its headers."""
    made = bytearray(content)
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        made[made.index(mark) + offset] |= 1
    return bytes(made)


def papers(outside, port):
    """Yield name, points, files and what else is special."""
    good, text = Paper(), Paper().text

    def read(name, files, **more):
        return name, FULL, files, more

    def unread(name, files, status="unreadable"):
        return name, 0, files, {"status": status}

    # What holds a good notebook is graded, whatever it is called and wrapped in.
    yield read("no-extension", {"small": good})
    yield read("called-txt", {"small.ipynb.txt": good})
    yield read("called-json", {"small.json": good})
    yield read("called-download", {"small.ipynb.download": good})
    yield read("called-zip", {"small.zip": good})
    yield read("capital-extension", {"SMALL.IPYNB": good})
    yield read("a-zip-called-ipynb", {"small.ipynb": packed(**{"small.ipynb": good})})
    yield read("zip-in-zip", {"a.zip": packed(**{"b.zip": packed(**{"c.ipynb": good})})})
    yield read("zip-not-compressed", {"a.zip": packed(zipfile.ZIP_STORED, **{"a.ipynb": good})})
    yield read("zip-with-lzma", {"a.zip": packed(zipfile.ZIP_LZMA, **{"a.ipynb": good})})
    yield read("zip-of-a-mac", {"a.zip": packed(**{"a.ipynb": good, "__MACOSX/._a.ipynb": "x"})})
    yield read("zip-with-windows-paths", {"a.zip": packed(**{"work\\small.ipynb": good})})
    yield read("zip-with-a-broken-copy", {"a.zip": packed(**{"a.ipynb": good, "b.ipynb": "{"})})
    yield read("broken-zip-beside", {"small.ipynb": good, "more.zip": b"PK\x03\x04 cut off"})
    yield read(
        "empty-name-beside",
        {"small.ipynb": good, "hw.zip": changed(packed(A="x"), b"A", b"\0")},
    )
    yield read("tar-beside", {"small.ipynb": good, "all.tar.gz": tarred("gz")})
    yield read("checkpoints-beside", {"small.ipynb": good, ".ipynb_checkpoints/small.ipynb": "{"})
    yield read("utf-16", {"small.ipynb": text.encode("utf-16")})
    yield read("byte-order-mark", {"small.ipynb": b"\xef\xbb\xbf" + text.encode()})
    yield read(
        "windows-lines", {"small.ipynb": json.dumps(good.notebook, indent=1).replace("\n", "\r\n")}
    )
    large = Paper()
    stream = {"output_type": "stream", "name": "stdout", "text": "0.123456789\n" * 2_200_000}
    large.cells[large.index("loss-test")]["outputs"] = [stream]
    yield read("25-MB-of-outputs", {"small.ipynb": large})
    odd = Paper()
    odd.cells[1]["outputs"] = [{"data": {"image/png": 3}}, None, [[[]]]]
    odd.cells[3]["metadata"] |= {"tags": 5, "collapsed": "yes", "trusted": None}
    yield read("odd-outputs", {"small.ipynb": odd})
    future = Paper()
    future.notebook |= {"nbformat": 5, "nbformat_minor": 99, "metadata": [1]}
    yield read("format-5", {"small.ipynb": future})
    for number, name in enumerate(
        ("ä é ñ", "李 雷 (1)", "a'b\"c", "x" * 200, "=1+1", "🙂", "%2e%2e")
    ):
        yield read(f"name-of-a-file-{number}", {f"{name}.ipynb": good})

    # What cannot be graded says so.
    yield unread("tar", {"small.tar": tarred("")})
    yield unread("tar-gz", {"small.tar.gz": tarred("gz")})
    yield unread("tgz-called-ipynb", {"small.ipynb": tarred("gz")})
    yield unread("tar-bz2", {"small.tar.bz2": tarred("bz2")})
    yield unread("7z", {"small.7z": b"7z\xbc\xaf\x27\x1c" + bytes(100)})
    yield unread("rar", {"small.rar": b"Rar!\x1a\x07\x01\x00" + bytes(100)})
    yield unread("script-and-document", {"small.py": "print(1)", "small.pdf": b"%PDF-1.7"})
    yield unread("web-page", {"small.html": "<html></html>"})
    yield unread("web-page-called-ipynb", {"small.ipynb": "<!doctype html><html></html>"})
    yield unread("shortcut", {"small.ipynb - Shortcut.lnk": b"L\0\0\0" + bytes(60)})
    yield unread("link-to-a-drive", {"small.gdoc": '{"url": "https://example.org"}'})
    yield unread("zip-of-nothing", {"a.zip": packed()})
    yield unread("zip-of-a-document", {"a.zip": packed(**{"report.docx": "PK"})})
    yield unread("empty-name", {"hw.zip": changed(packed(A="x"), b"A", b"\0")})
    yield unread(
        "only-checkpoints-in-a-zip", {"a.zip": packed(**{".ipynb_checkpoints/a.ipynb": good})}
    )
    yield unread("nothing-but-space", {"small.ipynb": " \n\t "})
    yield unread("nothing-but-zeros", {"small.ipynb": bytes(1000)})
    yield unread("git-conflict", {"small.ipynb": "<<<<<<< HEAD\n" + text + "\n=======\n"})
    yield unread("two-notebooks-in-one", {"small.ipynb": text + text})
    yield unread("json-in-quotes", {"small.ipynb": json.dumps(text)})
    yield unread("cells-in-an-object", {"small.ipynb": '{"cells": {"0": {}}, "nbformat": 4}'})
    yield unread("nested-objects", {"small.ipynb": '{"cells":' * 50_000})
    yield unread(
        "nested-in-outputs", {"small.ipynb": '{"cells": [' + "[" * 50_000 + "]" * 50_000 + "]}"}
    )
    yield unread("a-million-cells", {"small.ipynb": '{"cells": [' + "[]," * 1_000_000 + "[]]}"})
    yield unread("number-without-end", {"small.ipynb": '{"cells": [], "n": ' + "9" * 100_000 + "}"})
    yield unread("encrypted", {"a.zip": encrypted(packed(**{"a.ipynb": good}))}, "refused")
    yield unread("zip-out-of-itself", {"a.zip": packed(**{"../../a.ipynb": good})}, "refused")
    bomb = packed(**{"a.ipynb": bytes(65 << 20)})
    yield unread("bomb", {"a.zip": bomb}, "refused")
    yield unread(
        "bomb-in-zips", {"a.zip": packed(**{f"{i}.zip": bomb for i in range(3)})}, "refused"
    )
    cut = packed(**{"a.ipynb": good})
    yield unread("zip-cut-off", {"a.zip": cut[: len(cut) // 2]}, "refused")
    yield unread("zip-with-holes", {"a.zip": cut[:60] + bytes(200) + cut[260:]}, "refused")
    yield unread(
        "too-many-in-a-zip", {"a.zip": packed(**{f"{i}.ipynb": "{" for i in range(150)})}, "refused"
    )
