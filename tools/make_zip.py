"""Pack the built site into an archive that opens from the disk, with no server."""

import sys
from pathlib import Path

from scaling_lib.data.files import write_bytes, zipped

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
ARCHIVE = ROOT / "_build" / "scaling-measured.zip"
FOLDER = "scaling-measured"
# What only a server or Sphinx needs.
LEFT_OUT = {"objects.inv", "sitemap.xml", ".buildinfo"}

READ_ME = """Scaling, Measured

Open index.html in a browser. Nothing is installed and nothing is fetched from the network:
figures, search and exercises' pages work from this folder.
"""


def pack(site: Path, archive: Path) -> int:
    """Write the archive in one step; return how many files it holds."""
    files = [p for p in sorted(site.rglob("*")) if p.is_file() and p.name not in LEFT_OUT]
    entries = {f"{FOLDER}/{p.relative_to(site).as_posix()}": p.read_bytes() for p in files}
    write_bytes(archive, zipped({f"{FOLDER}/READ ME.txt": READ_ME.encode(), **entries}))
    return len(files)


def main() -> int:
    """Pack what `make book` built."""
    if not (SITE / "index.html").exists():
        print("There is no site to pack: run `make book` first.", file=sys.stderr)
        return 2
    count = pack(SITE, ARCHIVE)
    size = ARCHIVE.stat().st_size / 2**20
    print(
        f"{ARCHIVE.relative_to(ROOT)}: {count} files, {size:.1f} MiB. Unpack it, open index.html."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
