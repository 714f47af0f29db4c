"""What --confirm shows: where the real converter's answer is another than ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Issue, rule

if TYPE_CHECKING:
    from sensorfit.convert.frontend import Confirmation
    from sensorfit.verify.finding import Finding


@rule("SF122", "ConverterDiffers", OPERATORS, "confirmation")
def converter_differs(findings: Sequence[Finding], answer: Confirmation) -> Iterator[Issue]:
    """The converter's answer differs from the prediction.

    With --confirm the real converter is asked, and its word counts: what
    it refuses does not fit, whatever our rules said; an operator that was
    unknown to us and that it accepts is settled. Where both refuse, the nodes
    are compared, too. A difference is a bug in our rules.

    Fails:
        sensorfit check model.onnx --confirm
                                sensorfit   imx500-converter
        front end, float graph  accepted    invalid_operator

    Passes:
        sensorfit check model.onnx --confirm
                                sensorfit   imx500-converter
        front end, float graph  accepted    accepted

    Fix: believe the converter, and report the model's operators as a bug in sensorfit's rules.
    """
    from sensorfit.verify.confirmation import ACCEPTED, other_nodes, predicted, refusal_expected

    ours = predicted(findings, answer)
    why = "; ".join((*answer.operators, *answer.reasons)[:3])
    differs = f"the converter says {answer.verdict}{f' ({why})' if why else ''}, sensorfit predicted {ours}"
    if answer.verdict == ACCEPTED:
        if ours != ACCEPTED:
            yield _difference(differs)
    elif not refusal_expected(findings, answer):
        yield _difference(differs, severity="error", support="unsupported")
    elif said := other_nodes(findings, answer):
        yield _difference(f"the converter names other nodes than sensorfit: {said}")


def _difference(message: str, **more: Any) -> Issue:
    return Issue.accepted(
        "the converter's answer differs from the prediction",
        "believe the converter, and report the model's operators as a bug in sensorfit's rules",
        message=message,
        evidence="the converter's own answer, asked by --confirm",
        basis="measured",
        **more,
    )
