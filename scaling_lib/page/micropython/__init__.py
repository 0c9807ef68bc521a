"""What runs on both sides: in the kernel's Python, and in MicroPython inside a web page.

Every file of this folder travels to the page, so that it imports `math`, `re`, `json` and its
neighbours only, and calls nothing that MicroPython lacks (`zip` with `strict`, say). `numbers`,
`drawing`, `controls` and `host` are shared; each other file is one figure of the book, named as the
figure, with `_figure` added where another room has a module of that name.
"""
