"""Draw random small networks, put them to the real toolchain, and hold the answers against ours.

    python -m tools.draw_networks --seed 7 --count 40 --out DIR
    python -m tools.draw_networks --kind wide --seed 1 --count 60 --out DIR

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


class WideDraw(Draw):
    """Networks of more kinds: attention, unlike branches, groups, dilation, transposed kernels, several outputs, odd sizes."""

    def convolution(self, at: str) -> str:
        """Square or oblong kernels, strides, dilation, groups that divide both sides."""
        c, h, w = self.shapes[at]
        form = self.random.choice(("plain", "plain", "stride", "dilated", "grouped", "oblong"))
        wide, s = self.random.choice((*WIDTHS, 20, 33, 36, 80, 96)), 1
        if form == "stride" and min(h, w) >= 6:
            s = 2
            options = f"k{self.random.choice((1, 2, 3, 3, 5, 7))} s2"
            if options.startswith("k2"):
                return self.put(f"conv {at} {wide} k2 s2 p0", (wide, h // 2, w // 2))
        elif form == "dilated":
            options = f"k{self.random.choice((3, 3, 5))} d{self.random.choice((2, 3, 4))}"
        elif form == "grouped":
            groups = [g for g in (2, 3, 4, 5, 8, 16) if c % g == 0]
            if not groups:
                return self.convolution_of_one_size(at)
            g = self.random.choice(groups)
            wide = g * max(1, wide // g)
            options = f"k{self.random.choice((1, 3, 5))} g{g}"
        elif form == "oblong":
            options = f"k{self.random.choice(('1,3', '3,1', '1,7', '5,3'))}"
        else:
            options = f"k{self.random.choice((1, 3, 3, 5))}"
        return self.put(f"conv {at} {wide} {options}", (wide, -(-h // s), -(-w // s)))

    def depthwise(self, at: str) -> str:
        """A filter a channel, sometimes two, strided or dilated."""
        c, h, w = self.shapes[at]
        k, form = (
            self.random.choice((3, 3, 5, 7)),
            self.random.choice(("plain", "plain", "stride", "dilated", "double")),
        )
        if form == "stride" and min(h, w) >= 6:
            return self.put(f"dw {at} k{k} s2", (c, -(-h // 2), -(-w // 2)))
        if form == "dilated" and k < 7:
            return self.put(f"dw {at} k{k} d2", (c, h, w))
        if form == "double" and c <= 48:
            return self.put(f"dw {at} k{k} m2", (2 * c, h, w))
        return self.put(f"dw {at} k{k}", (c, h, w))

    def pooling(self, at: str) -> str:
        """Windows of two or three, floored at odd sizes, or overlapping."""
        c, h, w = self.shapes[at]
        if min(h, w) < 6:
            return self.convolution_of_one_size(at)
        op, form = self.random.choice(("maxpool", "avgpool")), self.random.choice(("k2", "k3", "k3 s2 p1"))
        if form == "k3 s2 p1":
            return self.put(f"maxpool {at} {form}", (c, (h - 1) // 2 + 1, (w - 1) // 2 + 1))
        k = int(form[1:])
        return self.put(f"{op} {at} {form}", (c, h // k, w // k))

    def resize(self, at: str) -> str:
        """To twice the size: by repetition, interpolation or a transposed kernel."""
        c, h, w = self.shapes[at]
        if max(h, w) > 48:
            return self.pooling(at)
        if self.random.random() < 0.4:
            wide = self.random.choice(WIDTHS)
            return self.put(f"convt {at} {wide} k2 s2", (wide, 2 * h, 2 * w))
        return self.put(f"{self.random.choice(('near', 'bil'))} {at} s2", (c, 2 * h, 2 * w))

    def branches(self, at: str) -> str:
        """Two to five branches of unlike width and depth, concatenated, or summed after 1x1 kernels."""
        _, h, w = self.shapes[at]
        ends = []
        for _ in range(self.random.choice((2, 3, 3, 4, 5))):
            end = at
            for _ in range(self.random.choice((1, 1, 2, 3))):
                wide = self.random.choice((*WIDTHS, 20, 33, 80, 96))
                end = self.put(f"conv {end} {wide} k{self.random.choice((1, 1, 3, 5))}", (wide, h, w))
                if self.random.random() < 0.6:
                    end = self.activation(end)
            ends.append(end)
        if self.random.random() < 0.6:
            return self.put(f"cat {' '.join(ends)}", (sum(self.shapes[e][0] for e in ends), h, w))
        wide = self.random.choice((16, 24, 32, 40, 64))
        total = ""
        for end in ends:
            end = self.put(f"conv {end} {wide} k1", (wide, h, w))
            total = self.put(f"add {total} {end}", (wide, h, w)) if total else end
        return total

    def attention(self, at: str) -> str:
        """Heads over all positions, from three kernels or one, projected and added."""
        c, h, w = self.shapes[at]
        if h * w > 600 or len(self.shapes) > 16:
            return self.pooling(at)
        heads, each = self.random.choice((1, 2, 2, 3, 4)), self.random.choice((8, 16, 20, 32))
        full, n = heads * each, h * w
        if self.random.random() < 0.5:
            named = [self.put(f"conv {at} {full} k1", (full, h, w)) for _ in range(3)]
            q, k, v = (self.put(f"reshape {t} to{heads},{each},{n}", (heads, each, n)) for t in named)
        else:
            whole = self.put(f"conv {at} {3 * full} k1", (3 * full, h, w))
            folded = self.put(f"reshape {whole} to{heads},{3 * each},{n}", (heads, 3 * each, n))
            parts = self.put(f"split {folded} n{each},{each},{each} a2", (heads, 3 * each, n))
            q, k, v = (self.put(f"get {parts} {i}", (heads, each, n)) for i in range(3))
            self.parts.update((folded, parts))
        turned = self.put(f"permute {q} to0,1,3,2", (heads, n, each))
        scores = self.put(f"matmul {turned} {k}", (heads, n, n))
        if self.random.random() < 0.5:
            scores = self.put(f"mulc {scores} v0.25", (heads, n, n))
        shares = self.put(f"softmax {scores} a-1", (heads, n, n))
        back = self.put(f"permute {shares} to0,1,3,2", (heads, n, n))
        mixed = self.put(f"matmul {v} {back}", (heads, each, n))
        self.parts.update((q, k, v, turned, scores, shares, back, mixed))
        image = self.put(f"reshape {mixed} to{full},{h},{w}", (full, h, w))
        projected = self.put(f"conv {image} {c} k1", (c, h, w))
        return self.put(f"add {at} {projected}", (c, h, w))

    def wide_line(self, height: int, width: int, steps: int) -> str:
        """A network of about ``steps`` steps on an image, with one to four outputs."""
        self.shapes["x"] = (3, height, width)
        self.convolution("x")
        del self.shapes["x"]
        moves: list[tuple[Callable[[str], str], int]] = [
            (self.convolution, 5), (self.depthwise, 3), (self.activation, 5), (self.channelwise, 1), (self.pooling, 2),
            (self.resize, 1), (self.merge, 4), (self.divide, 1), (self.gate, 1), (self.branches, 3), (self.attention, 2),
        ]  # fmt: skip
        kinds, weights = zip(*moves, strict=True)
        while len(self.steps) < steps:
            self.random.choices(kinds, weights)[0](self.recent())
        images = [n for n in self.shapes if n not in self.parts]
        ends = [images[-1]]
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 3))):
            ends.append(self.random.choice(images))
        outputs = [self.convolution_of_one_size(end) for end in dict.fromkeys(ends)]
        return " | ".join((f"3x{height}x{width}", *self.steps, " ".join(outputs)))


def draw(seed: int) -> str:
    """The network that ``seed`` stands for."""
    random = Random(seed)
    return Draw(random).line(random.choice((24, 32, 40, 64)), random.randrange(5, 16))


def draw_wide(seed: int) -> str:
    """The network of wider kinds that ``seed`` stands for."""
    random = Random(seed)
    sides = [random.choice((17, 21, 24, 30, 32, 35, 40, 45, 48, 56, 64)) for _ in range(2)]
    return WideDraw(random).wide_line(*sides, random.randrange(6, 20))


KINDS = {"plain": ("d", draw), "wide": ("e", draw_wide)}
"""For each kind the letter that its names begin with, and what draws it."""


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
    found.add_argument("--kind", choices=KINDS, default="plain")
    found.add_argument("--seed", type=int, default=1, help="of the first network; each has the next one")
    found.add_argument("--count", type=int, default=20)
    found.add_argument("--out", type=Path, required=True)
    options = found.parse_args()
    from tools import memory_probes

    letter, drawn = KINDS[options.kind]
    seeds = range(options.seed, options.seed + options.count)
    lines = [f"{letter}{s}={drawn(s)}" for s in seeds]
    sys.argv = ["memory_probes", "--quick", "--out", str(options.out), *lines]
    memory_probes.main()
    agreed = True
    for seed in seeds:
        text, same = compare(options.out / f"{letter}{seed}.json")
        print(text if same else f"DIFFERS {text}")
        agreed &= same
    return int(not agreed)


if __name__ == "__main__":
    sys.exit(main())
