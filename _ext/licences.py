"""Collect the licences of everything that is part of the site."""

import importlib.metadata
import json
import re
from pathlib import Path

from node_scripts import NODE_MODULES

# Python packages whose scripts or styles are part of the site.
PACKAGES = {
    "Sphinx": "BSD-2-Clause",
    "pydata-sphinx-theme": "BSD-3-Clause",
    "sphinx-book-theme": "BSD-3-Clause",
    "sphinx-design": "MIT",
    "sphinx-exercise": "MIT",
    "sphinx-proof": "MIT",
    "sphinx-togglebutton": "MIT",
    "sphinxcontrib-katex": "MIT",
    "myst-nb": "BSD-3-Clause",
}
NPM = {
    "katex": "KaTeX",
    "@fontsource-variable/source-serif-4": "Source Serif 4",
    "@fontsource-variable/source-sans-3": "Source Sans 3",
    "@micropython/micropython-webassembly-pyscript": "MicroPython",
    "minisearch": "MiniSearch",
    "reveal.js": "reveal.js",
    "stemmer": "stemmer",
}
LICENCE = re.compile(r"licen[cs]e|copying", re.I)
# Contained in the packages above; their notices are in the files themselves.
CONTAINED = [
    ("Bootstrap", "5", "MIT"),
    ("Font Awesome Free", "6", "SIL OFL 1.1 (fonts), CC BY 4.0 (icons)"),
]


def write(folder: Path) -> None:
    """Collect the licence texts of everything that is part of the site, and list them."""
    folder.mkdir(parents=True, exist_ok=True)
    table = []
    for name, licence in PACKAGES.items():
        distribution = importlib.metadata.distribution(name)
        texts = [file.locate() for file in distribution.files or [] if LICENCE.match(file.name)]
        table.append(_store(folder, name, distribution.version, licence, texts))
    for package, title in NPM.items():
        source = NODE_MODULES / package
        if source.exists():
            meta = json.loads((source / "package.json").read_text(encoding="utf-8"))
            texts = [file for file in source.iterdir() if LICENCE.match(file.name)]
            table.append(_store(folder, title, meta["version"], meta["license"], texts))
    table += [{"name": n, "version": v, "licence": x, "file": ""} for n, v, x in CONTAINED]
    table.sort(key=lambda row: row["name"].lower())
    (folder / "licences.json").write_text(json.dumps(table, indent=1), encoding="utf-8")


def _store(folder: Path, name: str, version: str, licence: str, texts: list) -> dict:
    """Write one package's licence text, if it ships one, and return its row."""
    file = ""
    if texts:
        file = re.sub(r"[^a-z0-9]+", "-", name.lower()) + ".txt"
        text = "\n\n".join(Path(t).read_text(encoding="utf-8", errors="replace") for t in texts)
        (folder / file).write_text(text, encoding="utf-8")
    return {"name": name, "version": version, "licence": licence, "file": file}


def read(build: Path) -> list[dict]:
    """Return the rows that `write` wrote."""
    return json.loads((build / "assets/vendor/licences/licences.json").read_text(encoding="utf-8"))
