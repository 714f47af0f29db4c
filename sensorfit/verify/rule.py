"""What a rule is: an id, one line of title, a docstring the user reads, a function that finds.

    @rule("SF111", ops=("ConvTranspose",))
    def transposed_convolution(graph, node, facts): ...

    @graph_rule("SF501")
    def batch(graph, target): ...

The docstring is the only text: `sensorfit rules SF111`, docs/rules/SF111.md and
the tests' examples are made from it. Its parts, in this order:

    Title, one line.

    Rationale, one or more paragraphs.

    Fails:
        an ONNX graph in text form, indented

    Passes:
        the same, changed

    Fix: what the designer does.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from ..graph.ir import Graph, Node
from ..target import Target
from .finding import Basis, Finding, Severity, Support

CODES: Final = {
    "": "accepted",
    "USOP": "unsupported_operator",
    "INVOP": "invalid_operator",
    "INVMOD": "invalid_model_input",
    "EXEC": "execution_error",
    "GE": "accepted",
}
"""The front end's codes and its words for them; GE comes from the converter behind it."""

Facts = Mapping[str, Any]
"""The row of an operator in rules/imx500/operators.toml."""


class Issue(NamedTuple):
    """What a rule found; the engine adds rule, node and evidence."""

    reason: str
    """The substance, in the converter's words where it has some; the same for all nodes that group together."""
    fix: str
    detail: str = ""
    """The values at this node ("stride (2, 2), dilation (2, 2)")."""
    code: str = "INVOP"
    severity: Severity = "error"
    support: Support = "unsupported"
    tensor: str = ""
    node: Node | None = None
    basis: Basis = "measured"
    probes: tuple[str, ...] = ()

    @classmethod
    def unknown(cls, reason: str, fix: str, detail: str = "", **more: Any) -> Issue:
        """A form of which the converter's answer is not known; the verdict is "unknown" at best."""
        return cls(reason, fix, detail, **{**_WARNS, "support": "unknown", "basis": "inferred", **more})

    @classmethod
    def accepted(cls, reason: str, fix: str, detail: str = "", **more: Any) -> Issue:
        """A form that reaches the sensor and deserves a warning all the same."""
        return cls(reason, fix, detail, **{**_WARNS, "support": "supported", **more})


_WARNS: Final[Mapping[str, Any]] = {"code": "", "severity": "warning"}

NodeCheck = Callable[[Graph, Node, Facts], Iterable[Issue]]
GraphCheck = Callable[[Graph, Target], Iterable[Issue]]


class Text(NamedTuple):
    """A rule's docstring, taken apart."""

    title: str
    rationale: str
    fails: str
    passes: str
    fix: str


@dataclass(frozen=True)
class Rule:
    """A registered rule; ``ops`` is empty for a rule about the graph."""

    id: str
    ops: tuple[str, ...]
    check: Callable[..., Iterable[Issue]]
    stage: str = ""
    """For what crashes the front end: "file" or "graph" when that comes before it looks at operators."""

    @cached_property
    def text(self) -> Text:
        """The docstring, taken apart when somebody reads it: a check does not."""
        return parse(self.check.__doc__ or "")

    @property
    def title(self) -> str:
        """The first line of the docstring."""
        return self.text.title


REGISTRY: dict[str, Rule] = {}


def rule(id: str, ops: Iterable[str], stage: str = "") -> Callable[[NodeCheck], NodeCheck]:
    """Register a check of single nodes: called with (graph, node, facts of the operator)."""

    def register(check: NodeCheck) -> NodeCheck:
        _add(Rule(id, tuple(ops), check, stage))
        return check

    return register


def graph_rule(id: str, stage: str = "") -> Callable[[GraphCheck], GraphCheck]:
    """Register a check of the whole graph: called with (graph, target)."""

    def register(check: GraphCheck) -> GraphCheck:
        _add(Rule(id, (), check, stage))
        return check

    return register


def _add(new: Rule) -> None:
    if new.id in REGISTRY and REGISTRY[new.id].check.__qualname__ != new.check.__qualname__:
        raise ValueError(
            f"two rules are called {new.id}: {REGISTRY[new.id].check.__qualname__} and {new.check.__qualname__}"
        )
    REGISTRY[new.id] = new


_PARTS = re.compile(r"^(Fails|Passes|Fix):[ \t]*", re.MULTILINE)


def parse(docstring: str) -> Text:
    """Title, rationale, examples and fix of a rule's docstring."""
    title, _, rest = inspect.cleandoc(docstring).partition("\n")
    pieces = _PARTS.split(rest)
    parts = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    return Text(
        title=title.strip().rstrip("."),
        rationale=pieces[0].strip(),
        fails=inspect.cleandoc("\n" + parts.get("Fails", "")),
        passes=inspect.cleandoc("\n" + parts.get("Passes", "")),
        fix=" ".join(parts.get("Fix", "").split()),
    )


def finding(id: str, issue: Issue, graph: Graph, node: Node | None, evidence: str) -> Finding:
    """The Finding of an Issue at ``node`` (None: the graph)."""
    node = issue.node or node
    tensor = issue.tensor or (next((t for t in node.outputs if t), "") if node else "")
    detail = f" ({issue.detail})" if issue.detail else ""
    return Finding(
        rule=id,
        severity=issue.severity,
        node=node.name if node else "",
        op=node.op if node else "",
        message=f"{node.op if node else 'The model'}: {issue.reason}{detail}",
        fix=issue.fix,
        evidence=evidence,
        basis=issue.basis,
        reason=issue.reason,
        support=issue.support,
        tensor=tensor,
        shape=graph.shape(tensor) if tensor else None,
        converter_code=issue.code,
    )


def as_error(found: Iterable[Finding], rules: Iterable[str]) -> Iterator[Finding]:
    """The findings with those of ``rules`` made errors: what a stricter profile says."""
    strict = frozenset(rules)
    for one in found:
        yield replace(one, severity="error", support="unsupported") if one.rule in strict else one
