"""Training speed beside PyTorch: same model, batch, optimizer, initial weights, data; one thread.

    python benchmarks/bench_training.py [--no-compile] [--no-sweep]

PyTorch's side is what a competent user would write. It is timed in every combination of two ways to
look up the context (sum of embeddings, embedding bag) and three of torch.optim.Adam (for-loop,
foreach, fused), and the fastest one counts. Times are CPU seconds, the best of several rounds that
alternate between the two sides. Without torch, only our side is measured.
"""

import argparse
import itertools
import os
import platform
import subprocess
import sys
import tempfile
import time

import numpy as np
from threadpoolctl import threadpool_limits

from scaling_lib.models.mlp_lm import OneHotLM
from scaling_lib.models.optimizers import Adam, cosine_schedule
from scaling_lib.models.softmax import softmax_cross_entropy
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import fit_model
from scaling_lib.training.grids import expand
from scaling_lib.training.sweeps import sweep

try:
    import torch
    from torch import nn
except ImportError:
    torch = None

SIZES = [(8, 16), (128, 128), (512, 512)]  # hidden units, tokens a step
TARGETS = {8: 5.0, 128: 2.5, 512: 1.5}  # times PyTorch's eager speed
ROUNDS = 7
PEAK_LR = 0.01


def best_seconds(function, rounds=ROUNDS):
    times = []
    for _ in range(rounds):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def matmul_peak():
    """Return the FLOP/s of a large float32 product, the most that training could reach."""
    a = np.random.default_rng(0).standard_normal((1024, 1024), np.float32)
    out = np.empty_like(a)
    np.matmul(a, a, out=out)
    return 2 * 1024**3 * 5 / best_seconds(lambda: [np.matmul(a, a, out=out) for _ in range(5)])


class Ours:
    """The training loop of the library."""

    def __init__(self, theta, H, batches):
        self.model = OneHotLM(64, 2, H)
        self.model.theta[:] = theta
        self.optimizer = Adam(self.model.theta)
        self.batches = batches

    def run(self, steps):
        """Take so many steps and return the last loss."""
        batches = ((w[:, :-1], w[:, -1]) for w in itertools.cycle(self.batches))
        losses = fit_model(self.model, batches, steps, PEAK_LR, optimizer=self.optimizer)
        return float(losses[-1])


def torch_model(H, lookup):
    class TorchLM(nn.Module):
        def __init__(self):
            super().__init__()
            kind = nn.Embedding if lookup == "embedding" else nn.EmbeddingBag
            self.table = kind(128, H) if lookup == "embedding" else kind(128, H, mode="sum")
            self.bias = nn.Parameter(torch.zeros(H))
            self.out = nn.Linear(H, 64)

        def forward(self, places):
            looked_up = self.table(places)
            if lookup == "embedding":
                looked_up = looked_up.sum(1)
            return self.out(torch.relu(looked_up + self.bias))

    return TorchLM()


class Torch:
    """The same loop in PyTorch."""

    def __init__(self, theta, H, batches, lookup, adam, compiled=False):
        reference = OneHotLM(64, 2, H)
        reference.theta[:] = theta
        model = torch_model(H, lookup)
        with torch.no_grad():
            model.table.weight.copy_(torch.from_numpy(reference.p["W1"]))
            model.out.weight.copy_(torch.from_numpy(reference.p["W2"].T.copy()))
            model.out.bias.zero_()
        kind = {"for-loop": {"foreach": False}, "foreach": {"foreach": True}}
        kind["fused"] = {"fused": True}
        self.optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.99), **kind[adam])
        self.group = self.optimizer.param_groups[0]
        self.model = torch.compile(model) if compiled else model
        # Ready-made int64 tensors with the offset added: PyTorch is not charged for conversions.
        offsets = np.array([0, 64])
        self.batches = [
            (torch.from_numpy(w[:, :-1] + offsets), torch.from_numpy(w[:, -1].astype(np.int64)))
            for w in batches
        ]

    def run(self, steps):
        """Take so many steps and return the last loss."""
        for step in range(steps):
            places, targets = self.batches[step % len(self.batches)]
            loss = nn.functional.cross_entropy(self.model(places), targets)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.group["lr"] = cosine_schedule(step, steps, PEAK_LR)
            self.optimizer.step()
        return loss.item()


def bench_size(H, B, peak, compiled):
    windows = markov_language(0).windows(100 * B, seed=1)
    batches = list(windows.reshape(100, B, 3))
    theta = OneHotLM(64, 2, H, seed=3).theta.copy()
    ours = Ours(theta, H, batches)
    loss = ours.run(100)  # also warms up
    sides = {"ours": ours}
    losses = {}
    if torch:
        pairs = itertools.product(("embedding", "bag"), ("for-loop", "foreach", "fused"))
        for lookup, adam in pairs:
            name = f"eager, {lookup}, {adam}"
            sides[name] = Torch(theta, H, batches, lookup, adam)
            losses[name] = sides[name].run(100)
        if compiled:
            try:
                side = Torch(theta, H, batches, "embedding", "fused", compiled=True)
                losses["compiled"] = side.run(100)
                sides["compiled"] = side
            except Exception as error:  # no compiler on this machine, most often
                print(f"  torch.compile does not work here: {str(error).splitlines()[0]}")
    steps = max(40, int(0.2 / (best_seconds(lambda: ours.run(20), 2) / 20)))
    seconds = dict.fromkeys(sides, float("inf"))
    for _ in range(ROUNDS):
        for name, side in sides.items():
            seconds[name] = min(seconds[name], best_seconds(lambda s=side: s.run(steps), 1) / steps)

    flops = ours.model.flops_per_token() * B
    print(f"\nH = {H}, batch {B}, N = {ours.model.N:,}")
    for name, each in seconds.items():
        ratio = each / seconds["ours"]
        print(
            f"  {name:<28} {each * 1e6:8.1f} µs/step {B / each / 1e3:8.0f} k tokens/s "
            f"{flops / each / 1e9:6.1f} GFLOP/s = {flops / each / peak:4.0%} of peak"
            + ("" if name == "ours" else f"   ours is {ratio:.2f}×")
        )
    if torch:
        eager = min(value for name, value in seconds.items() if name.startswith("eager"))
        apart = max(abs(loss - other) for other in losses.values())
        ratio = eager / seconds["ours"]
        print(f"  loss after 100 steps: {loss:.6f}, apart from PyTorch's by at most {apart:.1e}")
        verdict = "reached" if ratio >= TARGETS[H] else "MISSED"
        print(f"  ratio to the best eager: {ratio:.2f} (target {TARGETS[H]:g}: {verdict})")


def bench_parts(H, B, peak, repeats=200):
    """Print where a step's time goes, each operation alone with its arrays in the cache.

    The products cannot take less than their FLOP at the peak; what is left to win elsewhere is at
    most the rest. The sum of the parts is not the step: there the arrays push each other out.
    """
    rng = np.random.default_rng(0)
    model = OneHotLM(64, 2, H)
    x, y = (rng.integers(64, size=shape).astype(np.int32) for shape in ((B, 2), B))
    model.loss_and_grad(x, y)
    batch, optimizer = model._batch(x), Adam(model.theta)
    h, z, p, g = batch.h, batch.z, model.p, model.g
    parts = {
        "h W2": lambda: np.matmul(h, p["W2"], out=z),
        "h' dz": lambda: np.matmul(h.T, z, out=g["W2"]),
        "dz W2'": lambda: np.matmul(z, p["W2"].T, out=batch.dh),
        "look up and add": lambda: model._first_layer(batch),
        "ReLU": lambda: np.maximum(h, batch.zeros, out=h),
        "ReLU backward": lambda: np.multiply(
            batch.dh, np.greater(h, 0, out=batch.positive), out=batch.dh
        ),
        "gradient of W1 (sparse)": lambda: model._first_layer_backward(batch),
        "softmax and loss": lambda: softmax_cross_entropy(z, y),
        "Adam": lambda: optimizer.step(model.grad, 1e-6),
    }
    seconds = {}
    for name, part in parts.items():
        seconds[name] = best_seconds(lambda f=part: [f() for _ in range(repeats)]) / repeats
    step = best_seconds(lambda: [model.loss_and_grad(x, y) for _ in range(repeats)]) / repeats
    step += seconds["Adam"]
    print(f"\nwhere a step goes, H = {H}, batch {B}: {1e6 * step:.0f} µs in all")
    for name, each in sorted(seconds.items(), key=lambda pair: -pair[1]):
        product = name in ("h W2", "h' dz", "dz W2'")
        speed = f"{2 * B * H * 64 / each / peak:6.0%} of peak" if product else ""
        print(f"  {name:<26}{1e6 * each:8.1f} µs{each / step:6.0%} {speed}")
    print(f"  {'sum of the parts':<26}{1e6 * sum(seconds.values()):8.1f} µs")
    least = model.flops_per_token() * B / peak
    print(f"  the products at the peak would take {1e6 * least:.1f} µs, {least / step:.0%}")


def bench_sweep():
    """Time a small sweep on one and two processes."""
    grid = expand({"seed": [0, 1, 2], "D": [2**17, 2**18], "H": [16, 64, 256]})
    times = {}
    for jobs in (1, 2):
        sweep(grid[:2], jobs=jobs, progress=False)  # starts the processes
        start = time.perf_counter()
        sweep(grid, jobs=jobs, progress=False)
        times[jobs] = time.perf_counter() - start
    print(
        f"\nsweep of {len(grid)} runs: {times[1]:.1f} s with 1 job, {times[2]:.1f} s with 2 jobs: "
    )
    print(f"  {times[1] / times[2]:.2f}× (wall clock; needs two idle cores)")


def bench_memory():
    """Print the peak memory of the largest run of the shipped sweep, cut after a few steps."""
    code = (
        "import psutil; from scaling_lib.training.run import TrainConfig, train, _examples;"
        "_examples('language', 0, 2**22, 0); train(TrainConfig(H=512, D=2**14, batch=512));"
        "memory = psutil.Process().memory_info();"
        # The peak on Linux; getrusage would give that of the process that started this one.
        "lines = open('/proc/self/status').read().splitlines() if psutil.LINUX else [];"
        "peak = [int(line.split()[1]) / 1024 for line in lines if line.startswith('VmHWM')];"
        "print(peak[0] if peak else memory.rss / 2**20)"
    )
    with tempfile.TemporaryDirectory() as folder:
        output = subprocess.check_output([sys.executable, "-c", code], cwd=folder, env=ENVIRONMENT)
    print(f"\npeak memory, H = 512 with the sample of D = 2^22: {float(output):.0f} MB")


ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-compile", action="store_true", help="leave out torch.compile")
    parser.add_argument(
        "--no-sweep", action="store_true", help="leave out the sweep and the memory"
    )
    arguments = parser.parse_args()
    threadpool_limits(1)
    if torch:
        torch.set_num_threads(1)
    peak = matmul_peak()
    version = f"PyTorch {torch.__version__}" if torch else "no PyTorch here"
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {version}; one thread")
    print(f"float32 matrix-product peak: {peak / 1e9:.1f} GFLOP/s")
    for H, B in SIZES:
        bench_size(H, B, peak, not arguments.no_compile)
    for H, B in SIZES[1:]:
        bench_parts(H, B, peak)
    if not arguments.no_sweep:
        bench_sweep()
        bench_memory()


if __name__ == "__main__":
    main()
