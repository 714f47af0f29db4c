"""What a rule is: one declaration, a docstring that the user reads, a function that finds.

    @rule("SF112", "TransposedConvolution", OPERATORS, ops=("ConvTranspose",))
    def transposed_convolution(graph, node, facts): ...

    @rule("SF501", "BatchSize", INPUTS, "graph")
    def batch(graph, target): ...

The scope says what the function looks at, and so what it is called with:

    node           (graph, node, facts)       facts: the operator's row of operators.toml
    graph, file    (graph, target)            the network, or what only its file has
    memory         (graph, memory, target)    the device graph and its MemoryReport
    latency        (graph, latency, target)   the device graph and its LatencyReport
    budget         (report, budgets)          the whole Report and the repository's Budgets
    confirmation   (findings, answer)         ours, and the converter's own answer

It yields an ``Issue`` for each thing it finds. The docstring is the only text:
`sensorfit rules SF112`, docs/rules/SF112.md, SARIF and the tests' examples are
made from it. Its parts, in this order (``text`` says how it names the device's numbers):

    Title, one line.

    Rationale, one or more paragraphs.

    Fails:
        an ONNX graph in text form, indented

    Passes:
        the same, changed

    Fix: what the designer does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeVar, get_args

from ..graph.ir import Graph, Node
from ..target import Target
from .family import FAMILIES, Family
from .finding import Basis, Finding, Severity, Support
from .text import Text, fill, parse

CODES: Final = {
    "": "accepted",
    "USOP": "unsupported_operator",
    "INVOP": "invalid_operator",
    "INVMOD": "invalid_model_input",
    "EXEC": "execution_error",
    "GE": "accepted",
    "CBE": "accepted",
    "MCT": "accepted",
}
"""The front end's codes and its words for them; GE and CBE come from the converter behind it, MCT from the quantization before it."""

Facts = Mapping[str, Any]
"""The row of an operator in rules/<target>/operators.toml."""

Scope = Literal["node", "graph", "file", "memory", "latency", "budget", "confirmation"]
"""What a rule looks at."""
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


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
    invalid: bool = False
    """Whether the node is no valid ONNX, so that nothing computes the network and nothing is proven of a rewrite."""
    covers: frozenset[str] = frozenset()
    """Nodes whose findings follow from this one."""
    message: str = ""
    """The sentence for this place; "": made from the operator, the reason and the detail."""
    evidence: str = ""
    """Where it is known from; "": the converter's version and the probes."""

    @classmethod
    def unknown(cls, reason: str, fix: str, detail: str = "", **more: Any) -> Issue:
        """A form of which the converter's answer is not known; the verdict is "unknown" at best."""
        return cls(reason, fix, detail, **{**_WARNS, "support": "unknown", "basis": "inferred", **more})

    @classmethod
    def accepted(cls, reason: str, fix: str, detail: str = "", **more: Any) -> Issue:
        """A form that reaches the sensor and deserves a warning all the same."""
        return cls(reason, fix, detail, **{**_WARNS, "support": "supported", **more})


_WARNS: Final[Mapping[str, Any]] = {"code": "", "severity": "warning"}

Check = Callable[..., Iterable[Issue]]
_Check = TypeVar("_Check", bound=Check)


@dataclass(frozen=True)
class Rule:
    """A declared rule. The attributes after ``check`` decide what others do with its findings; nobody asks for ids."""

    id: str
    name: str
    """Its name where a title is too long: SARIF, and ``sensorfit rules Softmax``."""
    family: Family
    scope: Scope
    check: Check
    ops: tuple[str, ...] = ()
    """The operators whose nodes it is called with; ("*",) for all, () in another scope."""
    stage: str = ""
    """For what crashes the front end: "file" or "graph" when that comes before it looks at operators."""
    subject: str = ""
    """What it is about, where the operator that it points at is only the last node of a pattern."""
    refused_in: tuple[str, ...] = ()
    """Profiles in which whatever it finds is an error, accepted by the converter or not."""
    lifted_by_export: bool = False
    """Whether another export of the same network is all that it takes."""
    mended_in_copy: bool = False
    """Whether the copy that --confirm shows the converter no longer has what it finds."""
    misread: bool = False
    """Whether the network that is judged is another than is meant: what is said of its bytes and time follows from what it finds."""
    of_input: bool = False
    """Whether it refuses the input itself: it stays among what remains after ``fix``, however the nodes are rewritten."""
    hides_nodes: bool = False
    """Whether the nodes that the converter names cannot be compared with ours where it finds something."""
    _texts: dict[Target, Text] = field(default_factory=dict, compare=False, repr=False)

    def text(self, target: Target) -> Text:
        """The docstring with the numbers of ``target``, taken apart when somebody reads it: a check does not."""
        if target not in self._texts:
            self._texts[target] = parse(fill(self.check.__doc__ or "", target))
        return self._texts[target]


REGISTRY: Final[dict[str, Rule]] = {}
"""Every rule declared so far, by id; ``catalogue.rules`` declares all."""


def rule(
    id: str,
    name: str = "",
    family: Family | None = None,
    scope: Scope = "node",
    *,
    ops: Iterable[str] = (),
    **attributes: Any,
) -> Callable[[_Check], _Check]:
    """Declare a rule; ``attributes`` are those of ``Rule``. ValueError, while the module is imported, for an incomplete one."""

    def register(check: _Check) -> _Check:
        where = f"rule {id} ({_place(check)})"
        if family is None or not family.prefix or not re.fullmatch(rf"{family.prefix}\d\d", id):
            known = ", ".join(f"{f.prefix}xx {f.tag}" for f in FAMILIES)
            raise ValueError(f"{where} needs a family whose ids begin like its own: {known}")
        if not re.fullmatch(r"([A-Z][a-z]+){1,4}", name):
            raise ValueError(
                f"{where} needs a name of one to four capitalised words, such as 'OutOfMemory', not '{name}'"
            )
        if scope not in SCOPES:
            raise ValueError(f"{where} needs a scope of {', '.join(SCOPES)}, not '{scope}'")
        if (scope == "node") != bool(tuple(ops)):
            raise ValueError(
                f'{where}: a rule of scope node lists its operators (ops), or "*", and no other does'
            )
        _add(Rule(id, name, family, scope, check, tuple(ops), **attributes), where)
        return check

    return register


def _add(new: Rule, where: str) -> None:
    for other in REGISTRY.values():
        same = "id" if other.id == new.id else "name" if other.name == new.name else ""
        if same and _place(other.check) != _place(new.check):
            raise ValueError(
                f"{where} has the {same} of rule {other.id} {other.name} ({_place(other.check)})"
            )
    REGISTRY[new.id] = new


def _place(check: Check) -> str:
    return f"{check.__module__}.{check.__qualname__}"


def finding(
    rule: Rule, issue: Issue, graph: Graph | None = None, node: Node | None = None, evidence: str = ""
) -> Finding:
    """The Finding of an Issue at ``node`` (None: the whole)."""
    node = issue.node or node
    tensor = issue.tensor or (next((t for t in node.outputs if t), "") if node else "")
    detail = f" ({issue.detail})" if issue.detail else ""
    return Finding(
        rule=rule.id,
        severity=issue.severity,
        node=node.name if node else "",
        op=node.op if node else "",
        message=issue.message or f"{node.op if node else 'The model'}: {issue.reason}{detail}",
        fix=issue.fix,
        evidence=issue.evidence or evidence,
        basis=issue.basis,
        reason=issue.reason,
        support=issue.support,
        tensor=tensor,
        shape=graph.shape(tensor) if graph and tensor else None,
        converter_code=issue.code,
        family=rule.family.tag,
        invalid=issue.invalid,
    )
