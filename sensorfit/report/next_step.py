"""What to do next about a model, as a command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ..memory.smaller import smaller_image
from ..units import BYTE, show_shape
from .causes import Cause, causes, every_finding
from .outcome import Outcome
from .phrases import counted, percent_words, slow_front_end

LOW_BITS = 4
"""MCT chooses fewer for single layers, at a cost that a first advice need not have."""

KEPT = " --no-input-persistency"
"""The option that frees the memory of the kept input."""

if TYPE_CHECKING:
    from ..verify.finding import Finding
    from .report import Report


def verdict_word(report: Report) -> str:
    """The verdict in a word or two; what the converter accepts and the sensor cannot feed does not say "fits"."""
    if report.verdict == "fits" and _unfed(report):
        return "CANNOT BE FED"
    return {"fits": "FITS", "does_not_fit": "DOES NOT FIT", "unknown": "UNKNOWN"}[report.verdict]


def last_line(outcome: Outcome) -> tuple[str, str]:
    """The sentence that sums up, and the command that comes next; no command where nothing is left to do."""
    report = outcome.report
    if report is None:
        return "", ""
    word = verdict_word(report)
    if outcome.exit_code == 0 and outcome.change is not None and report.verdict != "fits":
        return f"{word}, as in the baseline: nothing is worse.", explain_command(outcome)
    standing = tuple(f for f in report.findings if outcome.state(f) == "unchanged")
    wrong = [c for c in causes(report, standing) if outcome.fails(c.findings[0])]
    if report.verdict == "fits" and not wrong:
        if _unfed(report):
            word += ", build refuses it" if report.model.not_built else ""
            return f"{word}.", explain_command(outcome)
        if report.model.not_built and not report.model.weightless:
            return f"{word}: {report.model.not_built}.", explain_command(outcome)
        size = _other_size(report)
        by_hand = ["at that size"] if size else []
        by_hand += ["with its weights"] if report.model.weightless else []
        said = f"{word} at {size}" if by_hand and size else word
        before = [f"export it {' and '.join(by_hand)}"] if by_hand else []
        before += (
            [f"install converter {report.target.converter_version} (docs/check.md says how)"]
            if _other_asked(report)
            else []
        )
        command = _file_command(outcome) if by_hand else build_command(outcome)
        return f"{said}. Next: {', '.join(before)}, then:" if before else f"{said}.", command
    to_change = f"{word}: {counted(len(wrong), 'thing')} to change." if wrong else f"{word}."
    if report.verdict != "fits" and report.model.closed:
        size = show_shape(report.model.closed)
        heavy = report.memory.weights_bytes > report.memory.budget_bytes
        said = "at any input size" if heavy else "while its input's size is open"
        return f"{word} {said}.", f"{_command('check', outcome)} --input-shape {size}"
    if (
        report.verdict == "unknown"
        and all(f.about_memory for f in _unsure(report))
        and not report.model.not_built
    ):
        if report.memory.cut:
            cut = shlex.quote(",".join(report.memory.cut))
            return (
                f"{word}: part of it is for the host.",
                f"{_at_shapes('fix', outcome)} --cut {cut}",
            )
        if _unfed(report):  # what a long build would find out helps nobody
            return f"{word}, and the sensor cannot feed it.", explain_command(outcome)
        if report.memory.nearly_full:
            free = KEPT if report.memory.fits_without_kept_input else ""
            return f"{word}: next to nothing of the memory is left.", build_command(outcome) + free
        return f"{word}: only the converter can count its memory.", build_command(outcome)
    if report.verdict == "unknown" and not any(c.severity == "error" for c in wrong):
        if report.confirmation is not None:  # it has been asked
            return f"{word}.", explain_command(outcome)
        ask = f"{_at_shapes('check', outcome)} --confirm"
        return f"{word}: nobody has tried this. Ask the converter.", ask
    if report.outlook is None and report.confirmation is not None and _settled(report):
        return f"{to_change} Next: change it, then:", f"{_at_shapes('check', outcome)} --confirm"
    if len(wrong) == 1 and (size := _smaller(report, wrong[0])):
        return to_change, f"{_command('check', outcome)} --input-shape {size}"
    return to_change, _change_command(outcome)


def _other_asked(report: Report) -> bool:
    """Whether an older version is judged by than the one installed: ``build`` runs, and judges by, the latter."""
    return bool(report.other_converter) and not report.target.newest


def _file_command(outcome: Outcome) -> str:
    """The command that builds the file, or the one that a built-in network without weights is exported to."""
    report = outcome.report
    assert report is not None
    return _command("build", outcome, f"{outcome.path.replace('/', '-')}.onnx" if report.model.title else "")


def build_command(outcome: Outcome) -> str:
    """The command that builds the model at the shape that it was judged at."""
    report = outcome.report
    assert report is not None
    if report.model.quantized:
        return f"{_command('check', outcome)} --confirm"
    _, judged = _sides(report)
    size = f" --size {show_shape(judged)}" if judged else ""
    budget = " --weights-budget fit" if report.memory.weight_bits < BYTE else ""
    return _command("build", outcome) + size + budget


def check_command(outcome: Outcome) -> str:
    """The command that shows one model of several on a screen of its own."""
    return _at_shapes("check", outcome)


def explain_command(outcome: Outcome) -> str:
    """The command that says why."""
    return _at_shapes("explain", outcome)


def ahead(outcome: Outcome, columns: int = 0) -> str:
    """What to know before the next command: what ``fix`` reaches, or that the converter takes its time; "" for nothing."""
    report = outcome.report
    if report is None:
        return ""
    command = last_line(outcome)[1]
    converts = command.startswith("sensorfit build ") or "--confirm" in command
    return (
        slow_front_end(report.model.folded or report.model.nodes) if converts else reached(outcome, columns)
    )


def reached(outcome: Outcome, columns: int = 0) -> str:
    """What the next command reaches, where that is ``fix``: ``With fix: no node refused, fits, 72% of memory, 5.32 ms``.

    Where ``columns`` are too few for all of it, the last figures are left out: none is cut.
    """
    report = outcome.report
    if report is None or report.outlook is None or not last_line(outcome)[1].startswith("sensorfit fix "):
        return ""
    seen = report.outlook
    left = f"{counted(seen.remaining, 'node')} still refused" if seen.remaining else "no node refused"
    left += f", {counted(seen.left_to_host, 'node')} left to the host" if seen.left_to_host else ""
    verdict = {"fits": "fits", "does_not_fit": "does not fit", "unknown": "not known to fit"}[seen.verdict]
    if seen.verdict == "fits" and seen.cannot_be_fed:
        verdict = "cannot be fed"
    share = f"{percent_words(seen.total_bytes / report.memory.budget_bytes)} of memory"
    share = share if seen.sized else f"at least {share}"
    time = f"{seen.ms:,.3g} ms" if seen.timed else "milliseconds not known"
    parts = [f"With fix: {left}", verdict, share, time]
    while columns and len(parts) > 2 and len(", ".join(parts)) > columns:
        parts.pop()
    return ", ".join(parts)


def _change_command(outcome: Outcome) -> str:
    """The command that rewrites refused operators where it would; else the one that explains."""
    report = outcome.report
    assert report is not None
    if report.outlook is None:
        return (
            f"{_command('build', outcome)} --weights-budget fit"
            if _weighs_too_much(report)
            else explain_command(outcome)
        )
    cut = " --cut" if report.outlook.left_to_host else ""
    return _at_shapes("fix", outcome) + cut


def _at_shapes(name: str, outcome: Outcome) -> str:
    """The command, with the shapes that were judged where they are other than the file's: it answers about the same network."""
    report = outcome.report
    assert report is not None
    return _command(name, outcome) + "".join(
        f" --input-shape {shlex.quote(f'{t.name}={show_shape(t.judged)}')}"
        for t in report.model.inputs
        if t.judged is not None and t.shape is not None and t.judged[1:] != t.shape[1:]
    )


def _smaller(report: Report, cause: Cause) -> str:
    """The shape of the image that ``cause`` asks for, which can be tried before anything is exported; "" for what asks for more."""
    if not report.model.inputs:
        return ""
    first, *further = report.model.inputs
    found = smaller_image(report.memory, first.judged or first.shape or ())
    size = show_shape(found) if found and not further else ""
    return size if size and cause.fix == f"re-export at {size}" else ""


def _settled(report: Report) -> bool:
    """Whether the converter's own answer alone refuses an operator."""
    from ..verify.confirmation import learnt

    return learnt([f for f in report.findings if f.support == "unsupported"])


def _unsure(report: Report) -> tuple[Finding, ...]:
    """The findings that keep the verdict open."""
    return tuple(f for f in every_finding(report) if f.support == "unknown")


def _weighs_too_much(report: Report) -> bool:
    """Whether weights of four bits and more would do, and nothing else stands against the network."""
    against = [f for f in report.findings if f.support != "supported" or f.severity == "error"]
    enough = LOW_BITS <= report.memory.average_bits < BYTE == report.memory.weight_bits
    return (
        enough
        and not report.model.quantized
        and not report.model.not_built
        and not _sides(report)[1]
        and all(f.about_memory for f in against)
    )


def _other_size(report: Report) -> str:
    """Height and width that a file fixed at others was judged at; "" where build can take them, as it can for a built-in name."""
    declared, judged = _sides(report)
    fixed = not report.model.title and any(d not in (None, j) for d, j in zip(declared, judged, strict=False))
    return show_shape(judged) if fixed else ""


def _sides(report: Report) -> tuple[tuple[int | None, ...], tuple[int | None, ...]]:
    """Height and width of the image, declared and as judged; both empty where they are the same."""
    image = report.model.inputs[0] if report.model.inputs else None
    if image is None or not image.judged or len(image.judged) != 4 or image.shape is None:
        return (), ()
    same = image.judged[2:] == image.shape[2:]
    return ((), ()) if same else (image.shape[2:], image.judged[2:])


def _command(name: str, outcome: Outcome, path: str = "") -> str:
    """``sensorfit NAME`` of the model, or of ``path``, for the device, the converter and the kept input that were judged."""
    report = outcome.report
    assert report is not None
    kept = KEPT if name != "fix" and not report.memory.input_persistency else ""
    return f"sensorfit {name} {shlex.quote(path or outcome.path)}{report.target.option}{kept}"


def _unfed(report: Report) -> bool:
    from .causes import cannot_feed

    return bool(cannot_feed(report))
