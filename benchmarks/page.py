"""The HTML page of a graph of 5,000 nodes in Debian's Chromium: bytes, processor time to load, to pan, to click.

python -m benchmarks.page [NODES]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from playwright.sync_api import CDPSession, Page, sync_playwright

from sensorfit.api import check
from sensorfit.render.html import render

NODES = 5000
ROUNDS = 9
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"


def network(nodes: int) -> onnx.ModelProto:
    """Blocks of Conv, Relu and Add: a skip over every two."""
    weight = numpy_helper.from_array(np.full((8, 8, 3, 3), 0.01, np.float32), "w")
    made, last = [], "x"
    for index in range(nodes):
        op = ("Conv", "Relu", "Add")[index % 3]
        reads = {"Conv": [last, "w"], "Relu": [last], "Add": [last, f"t{index - 3}" if index > 3 else "x"]}[
            op
        ]
        more = {"pads": [1, 1, 1, 1]} if op == "Conv" else {}
        made.append(helper.make_node(op, reads, [f"t{index}"], name=f"/block{index // 3}/{op}", **more))
        last = f"t{index}"
    info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 8, 32, 32]) for n in ("x", last)]
    graph = helper.make_graph(made, "g", info[:1], info[1:], [weight])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def busy(session: CDPSession) -> float:
    """Milliseconds of processor time that the page's main thread has taken: what else the machine does is not in it."""
    found = session.send("Performance.getMetrics")["metrics"]
    return next(m["value"] for m in found if m["name"] == "TaskDuration") * 1e3


def timed(page: Page, session: CDPSession, action: str) -> float:
    """Processor time of an action and the frame that shows it."""
    before = busy(session)
    page.evaluate(f"async () => {{ {action}; await ({DRAWN})(); }}")
    return busy(session) - before


def main(nodes: int) -> None:
    """Print the figures."""
    text = render([check(network(nodes), layers=True)])
    with tempfile.TemporaryDirectory() as place, sync_playwright() as running:
        file = Path(place) / "page.html"
        file.write_text(text, encoding="utf-8")
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(300_000)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(file.as_uri())
        page.evaluate(DRAWN)
        load = busy(session)
        board = "document.querySelector('canvas.tall')"
        key = f"{board}.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'ArrowDown' }}))"
        pan = f"{board}.focus(); {board}.dispatchEvent(new WheelEvent('wheel', {{ deltaY: 40, cancelable: true }}))"
        click = "document.querySelectorAll('td button')[100].click()"
        found = {
            name: median(timed(page, session, action) for _ in range(ROUNDS))
            for name, action in (("pan", pan), ("next node", key), ("click in the table", click))
        }
        browser.close()
    print(f"{nodes} nodes: {len(text.encode()):,} B, loaded in {load:.0f} ms of processor time")
    print(", ".join(f"{name} {ms:.0f} ms" for name, ms in found.items()))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else NODES)
