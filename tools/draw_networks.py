"""Draw random small networks, put them to the real toolchain, and hold the answers against ours.

    python -m tools.draw_networks --seed 7 --count 40 --out DIR

What single operators do is known from probes; this looks for what the
converter does to neighbours. Each line is what ``tools/memory_probes.py``
reads, and its answers and float graphs stay in --out: 15 to 60 s a network.
Prints every network with the converter's word and ours; exit 1 when a verdict
differs, or bytes by more than 1 %.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import onnx

import sensorfit

Shape = tuple[int, int, int]
"""Channels, height, width."""
WIDTHS = (8, 12, 16, 24, 32, 40, 48, 64)
ACTIVATIONS = ("relu", "relu6", "silu", "hswish", "hsigmoid", "sigmoid", "tanh", "gelu", "leaky")


class Draw:
    """A network in the making: its steps as text, and the shape of every tensor."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.steps: list[str] = []
        self.shapes: dict[str, Shape] = {}
        self.parts: set[str] = set()

    def put(self, text: str, shape: Shape) -> str:
        """One step more; the name of its result."""
        name = f"t{len(self.steps)}"
        self.steps.append(f"{name}={text}")
        self.shapes[name] = shape
        return name

    def recent(self) -> str:
        """One of the latest tensors, the last one mostly."""
        names = [n for n in self.shapes if n not in self.parts]
        return names[-1] if self.random.random() < 0.6 else self.random.choice(names[-4:])

    def convolution(self, at: str) -> str:
        """k x k, sometimes strided, dilated or grouped."""
        c, h, w = self.shapes[at]
        k, wide = self.random.choice((1, 1, 3, 3, 5)), self.random.choice(WIDTHS)
        s = 2 if min(h, w) >= 8 and self.random.random() < 0.25 else 1
        g = 2 if c % 2 == 0 and wide % 2 == 0 and self.random.random() < 0.1 else 1
        d = 2 if k > 1 and s == 1 and self.random.random() < 0.1 else 1
        options = f"k{k}" + f" s{s}" * (s > 1) + f" g{g}" * (g > 1) + f" d{d}" * (d > 1)
        return self.put(f"conv {at} {wide} {options}", (wide, -(-h // s), -(-w // s)))

    def depthwise(self, at: str) -> str:
        """k x k, a filter a channel."""
        return self.put(f"dw {at} k{self.random.choice((3, 5))}", self.shapes[at])

    def activation(self, at: str) -> str:
        """Any of them."""
        return self.put(f"{self.random.choice(ACTIVATIONS)} {at}", self.shapes[at])

    def channelwise(self, at: str) -> str:
        """Normalisation, or constants by channel or for all."""
        return self.put(
            f"{self.random.choice(('bn', 'scale', 'shift', 'addc', 'mulc', 'ln2d'))} {at}", self.shapes[at]
        )

    def pooling(self, at: str) -> str:
        """To half the size."""
        c, h, w = self.shapes[at]
        if min(h, w) < 4 or h % 2 or w % 2:
            return self.convolution(at)
        return self.put(f"{self.random.choice(('maxpool', 'avgpool'))} {at} k2", (c, h // 2, w // 2))

    def resize(self, at: str) -> str:
        """To twice the size."""
        c, h, w = self.shapes[at]
        if max(h, w) > 64:
            return self.pooling(at)
        return self.put(f"{self.random.choice(('near', 'bil'))} {at} s2", (c, 2 * h, 2 * w))

    def merge(self, at: str) -> str:
        """Sum, product, difference or concatenation with an earlier tensor."""
        others = [n for n in self.shapes if n != at and n not in self.parts]
        same = [n for n in others if self.shapes[n] == self.shapes[at]]
        c, h, w = self.shapes[at]
        if same and self.random.random() < 0.7:
            op = self.random.choice(("add", "add", "mul", "sub"))
            return self.put(f"{op} {self.random.choice(same)} {at}", self.shapes[at])
        level = [n for n in others if self.shapes[n][1:] == (h, w)]
        if not level:
            return self.convolution(at)
        chosen = self.random.sample(level, min(len(level), self.random.choice((1, 1, 2))))
        return self.put(f"cat {' '.join((*chosen, at))}", (c + sum(self.shapes[n][0] for n in chosen), h, w))

    def divide(self, at: str) -> str:
        """The channels in two parts, something done to each, put together again."""
        c, h, w = self.shapes[at]
        if c < 16:
            return self.convolution(at)
        if self.random.random() < 0.3:
            halves = [self.put(f"slicec {at} b{b} e{b + c // 2}", (c // 2, h, w)) for b in (0, c // 2)]
        else:
            whole = self.put(f"split {at} n{c // 2},{c - c // 2} a1", self.shapes[at])
            self.parts.add(whole)
            halves = [self.put(f"get {whole} {i}", (n, h, w)) for i, n in enumerate((c // 2, c - c // 2))]
        done = []
        for half in halves:
            for _ in range(self.random.choice((0, 1, 1, 2))):
                half = self.random.choice((self.convolution_of_one_size, self.activation, self.depthwise))(
                    half
                )
            done.append(half)
        return self.put(f"cat {' '.join(done)}", (sum(self.shapes[n][0] for n in done), h, w))

    def convolution_of_one_size(self, at: str) -> str:
        """1 x 1 or 3 x 3."""
        _, h, w = self.shapes[at]
        wide = self.random.choice(WIDTHS)
        return self.put(f"conv {at} {wide} k{self.random.choice((1, 3))}", (wide, h, w))

    def gate(self, at: str) -> str:
        """Squeeze and excite."""
        c, _, _ = self.shapes[at]
        squeezed = self.put(f"gap {at}", (c, 1, 1))
        narrow = self.put(f"conv {squeezed} 8 k1", (8, 1, 1))
        active = self.put(f"relu {narrow}", (8, 1, 1))
        wide = self.put(f"conv {active} {c} k1", (c, 1, 1))
        opened = self.put(f"{self.random.choice(('sigmoid', 'hsigmoid'))} {wide}", (c, 1, 1))
        return self.put(f"mul {at} {opened}", self.shapes[at])

    def line(self, size: int, steps: int) -> str:
        """A network of about ``steps`` steps on an image of ``size``."""
        self.shapes["x"] = (3, size, size)
        self.convolution("x")
        del self.shapes["x"]
        moves: list[tuple[Callable[[str], str], int]] = [
            (self.convolution, 5), (self.depthwise, 2), (self.activation, 5), (self.channelwise, 2), (self.pooling, 1),
            (self.resize, 1), (self.merge, 4), (self.divide, 2), (self.gate, 1),
        ]  # fmt: skip
        kinds, weights = zip(*moves, strict=True)
        while len(self.steps) < steps:
            self.random.choices(kinds, weights)[0](self.recent())
        last = self.convolution_of_one_size([n for n in self.shapes if n not in self.parts][-1])
        return " | ".join((f"3x{size}x{size}", *self.steps, last))


def draw(seed: int) -> str:
    """The network that ``seed`` stands for."""
    random = Random(seed)
    return Draw(random).line(random.choice((24, 32, 40, 64)), random.randrange(5, 16))


def compare(answer: Path) -> tuple[str, bool]:
    """A line about one answer, and whether we agree with it."""
    said = json.loads(answer.read_text())
    graph = answer.with_name(f"{answer.stem}.onnx.gz")
    if not graph.exists():
        return f"{answer.stem}: {said.get('error', 'no graph')}", True
    model = onnx.load_from_string(gzip.decompress(graph.read_bytes()))
    report = sensorfit.check(model, input_persistency=False)
    refused = sorted({f"{f.rule} {f.converter_code}" for f in report.findings if f.support == "unsupported"})
    if "runtime_bytes" not in said:
        text = f"{answer.stem}: exit {said.get('exit_code')} {' '.join(said.get('messages', ()))[:300]}; ours: {', '.join(refused) or report.verdict}"
        return text, bool(refused)
    theirs = said["runtime_bytes"], said["weights_bytes"]
    ours = report.memory.runtime_bytes, report.memory.weights_bytes
    worst = max(abs(a / b - 1) for a, b in zip(ours, theirs, strict=True) if b)
    text = f"{answer.stem}: runtime and weights {theirs}, ours {ours}, {worst:.2%}; {', '.join(refused) or report.verdict}"
    return text, not refused and worst <= 0.01


def main() -> int:
    """Draw, ask, compare."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--seed", type=int, default=1, help="of the first network; each has the next one")
    found.add_argument("--count", type=int, default=20)
    found.add_argument("--out", type=Path, required=True)
    options = found.parse_args()
    from tools import memory_probes

    seeds = range(options.seed, options.seed + options.count)
    sys.argv = ["memory_probes", "--quick", "--out", str(options.out), *(f"d{s}={draw(s)}" for s in seeds)]
    memory_probes.main()
    agreed = True
    for seed in seeds:
        text, same = compare(options.out / f"d{seed}.json")
        print(text if same else f"DIFFERS {text}")
        agreed &= same
    return int(not agreed)


if __name__ == "__main__":
    sys.exit(main())
