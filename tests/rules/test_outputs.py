"""How many output tensors the camera software carries, which the converter does not ask."""

from __future__ import annotations

import pytest

from ..verify.text import found


def heads(count: int) -> str:
    """A network of ``count`` outputs."""
    outputs = ", ".join(f"float[1,2,64,64] y{i}" for i in range(count))
    names = ", ".join(f"y{i}" for i in range(count))
    return f"(float[1,{2 * count},64,64] x) => ({outputs}) {{ {names} = Split <axis = 1, num_outputs = {count}> (x) }}"


@pytest.mark.parametrize(
    ("count", "said", "fix"),
    [
        (9, "carries 8 output tensors, later releases 16", "use an up-to-date system"),
        (11, "carries 8 output tensors, later releases 16", "use an up-to-date system"),
        (16, "carries 8 output tensors, later releases 16", "use an up-to-date system"),
        (17, "carries 16 output tensors; the converter accepts more", "concatenate outputs"),
    ],
)
def test_more_outputs_than_the_camera_software_carries_are_a_published_warning_with_both_numbers(
    count: int, said: str, fix: str
) -> None:
    (finding,) = found(heads(count), "SF518", opset=18)
    assert (finding.severity, finding.basis, finding.support) == ("warning", "published", "supported")
    assert said in finding.message and f"{count} outputs" in finding.message and finding.fix.startswith(fix)


@pytest.mark.parametrize("count", [1, 8])
def test_as_many_as_every_release_carries_pass(count: int) -> None:
    assert found(heads(count), "SF518", opset=18) == []
