// Write Python modules where MicroPython finds them.
export function install(python, files) {
  for (const [path, text] of Object.entries(files)) {
    const parts = `lib/${path}`.split("/");
    for (let i = 1; i < parts.length; i++) {
      const folder = `/${parts.slice(0, i).join("/")}`;
      if (!python.FS.analyzePath(folder).exists) python.FS.mkdir(folder);
    }
    python.FS.writeFile(`/lib/${path}`, text);
  }
}
