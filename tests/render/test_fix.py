"""What ``fix`` prints, in the width of a terminal."""

from __future__ import annotations

from dataclasses import replace

from sensorfit.render.fix import print_fixed
from sensorfit.render.screen import recorded
from sensorfit.rewrite.result import Applied, Cut, Fixed, State
from sensorfit.target import load_target

from ..made_reports import finding

BEFORE = State("does_not_fit", 89, 707, 460_800, 71_682_400, 72_177_120, 425_982_880, 9.26)
ONE = Applied("RW121", "LinearIn4d", "", (), ("/fc",), "exact", "polynomial of degree 2: 5 runs", 0.0)
FIXED = Fixed(
    "net.onnx", "net.fixed.onnx", BEFORE, replace(BEFORE, refused=0, nodes=770), (ONE,), (), 0.0, 1.0
)


def shown(fixed: Fixed, width: int) -> list[str]:
    target = load_target("imx500")
    return recorded(lambda console: print_fixed(fixed, console, target), width).splitlines()


def test_before_stands_beside_after_at_80_columns_and_a_rewrite_takes_a_line() -> None:
    lines = shown(FIXED, 80)
    assert max(map(len, lines)) <= 80 and len(lines) <= 24
    assert ["refused", "89", "0"] in [line.split() for line in lines]
    assert any(line.startswith("RW121") and line.endswith("polynomial of degree 2") for line in lines)
    assert "polynomial of degree 2: 5 runs" in "\n".join(shown(FIXED, 160))


def test_what_an_image_that_was_turned_brought_about_is_not_called_nothing() -> None:
    turned = replace(FIXED, rewrites=(), after=replace(BEFORE, verdict="fits"))
    assert "ALL OPERATORS ACCEPTED" in shown(turned, 80)[0]
    assert "NEEDS NO REWRITE" in shown(replace(turned, after=BEFORE), 80)[0]


def test_what_the_sensor_cannot_feed_is_called_so_as_check_does() -> None:
    fed = replace(BEFORE, verdict="fits", refused=0)
    assert "CANNOT BE FED" not in "\n".join(shown(replace(FIXED, before=fed, after=fed), 80))
    unfed = replace(fed, cannot_be_fed=True)
    said = "\n".join(shown(replace(FIXED, before=unfed, after=unfed), 80))
    assert said.count("CANNOT BE FED") == 2 and "FITS" not in said


def test_a_cut_is_named_by_what_the_host_reads_or_by_what_it_prepares() -> None:
    behind = Cut(("boxes", "scores"), ("image",), "host.onnx", "", 9)
    assert "cut at boxes, scores: 9 nodes left to the host" in "\n".join(
        shown(replace(FIXED, cut=behind), 80)
    )
    ahead = Cut((), ("image/scaled",), "", "prepare.onnx", 1)
    assert "cut at image/scaled: 1 node left to the host" in "\n".join(shown(replace(FIXED, cut=ahead), 80))


def test_what_remains_is_counted_in_nodes_or_named_as_the_input() -> None:
    one = finding(fix="write it as a sum")
    input_ = replace(one, node="", op="", reason="a batch of 2")
    alone = shown(replace(FIXED, remaining=(one,)), 80)
    assert "1 NODE STILL REFUSED" in alone[0] and any(
        line.rstrip().endswith(f"at {one.node}") for line in alone
    )
    assert "2 NODES STILL REFUSED" in shown(replace(FIXED, remaining=(one, replace(one, node="b"))), 80)[0]
    lines = shown(replace(FIXED, remaining=(input_,)), 80)
    assert "THE INPUT STILL REFUSED" in lines[0]
    assert [line.rstrip() for line in lines if "a batch of 2" in line] == [
        f"{one.rule} refused  a batch of 2"
    ]
