"""Experiments: one module a phenomenon. They return data, never pictures."""

# What is too long to run live ships as a table in scaling_lib/data:
# name: (module that has regenerate(out, jobs), file in data, minutes on two cores).
SHIPPED = {
    "emergence": ("scaling_lib.experiments.emergence", "emergence.csv", 1),
    "cipher": ("scaling_lib.experiments.cipher", "cipher.csv", 1),
}
