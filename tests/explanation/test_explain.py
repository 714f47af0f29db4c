"""The explanation says what the graphs show, and no more."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from sensorfit.api import explain
from sensorfit.cli.explain import command
from sensorfit.errors import InputError
from sensorfit.explanation.blocks import UNNAMED, block, ranges, spread
from sensorfit.gate.config import Budgets
from sensorfit.render.explanation.json import to_dict
from sensorfit.render.explanation.markdown import render
from sensorfit.render.explanation.phrases import (
    REMARKS,
    figures,
    front_end_notes,
    front_end_words,
    objections,
)
from sensorfit.rules.budgets import findings as budget_findings
from tests.explanation.pages import chain, operators, page


@pytest.mark.parametrize(
    ("node", "path"),
    [
        ("/backbone/stages/stages.1/blocks/blocks.0/attn/MatMul", "backbone.stages.1.blocks.0.attn"),
        ("/neck/neck.1/Add_1", "neck.1"),
        ("Conv_3", UNNAMED),
        ("", UNNAMED),
    ],
)
def test_a_block_is_the_module_path(node: str, path: str) -> None:
    assert block(node) == path


def test_blocks_of_one_shape_are_one_range() -> None:
    paths = ["s.1.b.0.attn", "s.1.b.1.attn", "s.2.b.0.attn", "s.2.b.1.attn", "neck.1", "neck.3"]
    assert ranges(paths) == ("s.1-2.b.0-1.attn", "neck.1,3")


def test_a_range_names_no_block_that_is_not_there() -> None:
    paths = ["s.1.b.0", "s.1.b.1", "s.2.b.0", "s.2.b.1", "s.2.b.2", "s.3.b.0", "s.3.b.1"]
    assert ranges(paths) == ("s.1,3.b.0-1", "s.2.b.0-2")
    assert ranges(["a"]) == ("a",)
    long = ".".join(map(str, range(3000)))
    assert ranges([long]) == (long,)


def test_reasons_that_differ_in_numbers_name_each_number() -> None:
    assert spread(["batch dim 25", "batch dim 361", "batch dim 25"]) == "batch dim 25, 361"
    assert spread(["4.06 M of 0bc0355", "4.06 M of 0bc0355"]) == "4.06 M of 0bc0355"


def test_tinysam_fails_for_operators_memory_and_prompts() -> None:
    found = page("tinysam")
    assert found.verdicts == {"converter": "does_not_fit", "picosam": "does_not_fit"}
    encoder, decoder = found.parts
    assert "MatMul" in operators(encoder)
    assert {"Not", "Tile"} <= operators(decoder)
    assert not encoder.report.memory.fits
    assert [g.name for g in decoder.foreign_inputs] == ["points", "labels"]
    assert [g.kind for g in encoder.foreign_inputs] == ["size"]
    assert "LayerNormalization" in {g.op for g in encoder.flagged}
    assert "Softmax" in operators(encoder)
    assert any("Softmax (10)" in text for text in encoder.refused_operators)


def test_tinysams_reasons_have_their_numbers() -> None:
    reasons = page("tinysam").reasons
    assert any("1x256x256x256, takes 16.00 MiB" in r and "2.0 times the budget" in r for r in reasons)
    assert any("before any activation is counted" in r and "encoder" in r and "decoder" in r for r in reasons)
    assert any("1024x1024" in r and "640x640" in r for r in reasons)
    assert any("points 1x2x2, labels 1x2" in r for r in reasons)


@pytest.mark.parametrize("model", ["tinysam", "efficientsam-ti"])
def test_the_nodes_of_the_operators_add_up_to_the_refused_ones(model: str) -> None:
    for part in page(model).parts:
        counts = [int(text.rpartition(" (")[2].rstrip(")")) for text in part.refused_operators]
        assert sum(counts) == part.refused_nodes > 0


def test_edgesams_encoder_is_refused_for_memory_alone() -> None:
    encoder = page("edgesam").parts[0]
    assert encoder.refused == encoder.unknown == ()
    assert not encoder.report.memory.fits
    assert "Softmax" not in {g.op for g in encoder.flagged} | set(encoder.operators)


def test_edgesams_page_does_not_blame_what_its_encoder_has_not() -> None:
    text = render(page("edgesam/encoder"))
    assert "Softmax" not in text
    assert "needs more than the budget" in text


def test_what_remains_of_edgesam_at_96_is_nothing() -> None:
    what_if = next(one for one in page("edgesam").what_ifs if one.change == "at 96x96, encoder only")
    assert what_if.remains == ()
    assert what_if.total_bytes <= what_if.budget_bytes


def test_what_remains_of_tinysam_at_96_is_operators() -> None:
    what_if = next(one for one in page("tinysam").what_ifs if one.change == "at 96x96, encoder only")
    assert [sentence.split(maxsplit=1)[1] for sentence in what_if.remains] == ["refused nodes"]
    assert what_if.refused > 0


def test_four_bit_weights_halve_them_but_for_the_constants_of_sums() -> None:
    """The decoder adds its position encoding, 256 x 64 x 64, three times, the encoder's attention a bias a head: these keep a
    byte an element. So do tables."""
    biases = 6 * 5 * 196 * 224 + 2 * 4 * 49 * 64 + 2 * 10 * 49 * 64
    constants = {"tinysam/encoder": biases, "tinysam/decoder": 3 * 256 * 64 * 64}
    for part in page("tinysam").parts:
        kept = constants[part.name]
        halved = (part.report.memory.weights_bytes - kept) / 2
        assert part.weights_4bit_bytes - kept == pytest.approx(halved, rel=0.12)


def test_a_sum_adds_weights_and_takes_the_larger_runtime() -> None:
    found = page("edgesam")
    assert found.together is not None
    memories = [p.report.memory for p in found.parts]
    assert found.together.weights_bytes == sum(m.weights_bytes for m in memories)
    assert found.together.runtime_bytes == max(m.runtime_bytes for m in memories)
    assert found.together.parameters == 5_517_552 + 4_064_560


def test_picosam3_fits_and_is_contrasted_with_nothing() -> None:
    found = page("picosam3")
    assert found.verdict == "fits"
    assert found.reasons == ()
    assert found.contrast is None
    assert found.headline == "PicoSAM3 fits the IMX500."


def test_the_contrast_is_the_example_itself() -> None:
    contrast = page("tinysam").contrast
    assert contrast is not None
    assert contrast.report.model.name == "picosam3"
    assert all(source for _, source in contrast.said)
    assert set(contrast.operators).isdisjoint({"Softmax", "MatMul", "LayerNormalization", "Erf"})


def test_edgesam_at_96_went_all_the_way() -> None:
    """The prediction beside what the converter reported; docs/memory.md has the memory model's error."""
    (taken,) = page("edgesam").converted
    converted, memory = taken.answer, page(taken.name).parts[0].report.memory
    assert converted.verdict == "converted"
    assert memory.fits
    assert memory.runtime_bytes == converted.runtime_bytes
    assert memory.weights_bytes == pytest.approx(converted.weights_bytes, rel=0.01)


def test_the_reparameterised_encoder_went_all_the_way_too() -> None:
    (taken,) = page("edgesam-deploy@96").converted
    memory = page("edgesam-deploy@96").parts[0].report.memory
    assert taken.name == "edgesam-deploy@96"
    assert taken.answer.verdict == "converted"
    assert memory.weights_bytes == pytest.approx(taken.answer.weights_bytes, rel=0.01)
    assert taken.total_bytes == memory.total_bytes


def test_a_runtime_above_the_prediction_is_explained_by_shifts_and_one_that_is_not_is_not() -> None:
    """The deploy encoder was shifted when it was converted, the other one was not."""
    (shifted,) = page("edgesam-deploy@96").converted
    assert shifted.answer.runtime_bytes > shifted.runtime_bytes
    assert "75,264 B" in render(page("edgesam-deploy@96")) and "27 activations" in render(
        page("edgesam-deploy@96")
    )
    assert "The converter's runtime" not in render(page("edgesam@96"))


def test_a_page_without_the_kept_input_compares_like_with_like(tmp_path: Path) -> None:
    found = explain("edgesam@96", input_persistency=False)
    (taken,) = found.converted
    assert taken.total_bytes == taken.answer.total_bytes
    assert found.parts[0].report.memory.total_bytes < taken.total_bytes
    text = render(found)
    assert "and the kept input, which the converter counted" in text
    assert "| reserved | 1,024 B" in text and "kept input, reserved" not in text
    assert "and the reserved block" not in text
    large = explain(chain(tmp_path / "m.onnx", "512,512"), input_persistency=False)
    assert "the reserved block" in "".join(large.reasons)
    assert "kept input and" not in "".join(large.reasons)


VARIANTS = "The 96x96 graphs are variants of ours"


RANDOM = "random weights: structure, not accuracy"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("edgesam@96", {VARIANTS, RANDOM}),
        ("edgesam", {VARIANTS, RANDOM}),
        ("tinysam/decoder@96", {VARIANTS, RANDOM}),
        ("efficientsam-ti", {RANDOM}),
        ("picosam3", set()),
    ],
)
def test_caveats_about_the_graphs_stand_wherever_they_hold(model: str, expected: set[str]) -> None:
    text = " ".join(page(model).caveats)
    assert {words for words in (VARIANTS, RANDOM) if words in text} == expected


def test_the_note_on_one_network_of_several_says_that_it_is_about_all() -> None:
    whole = page("edgesam").note
    assert page("edgesam/encoder").note == f"one network of EdgeSAM: {whole}"
    assert page("edgesam@96").note.startswith(
        f"this is edgesam/encoder@96, one network of EdgeSAM: {whole}; also:"
    )


def test_one_network_is_lifted_to_its_own_smaller_size() -> None:
    found = {what_if.change: what_if for what_if in page("tinysam/encoder").what_ifs}
    assert found["at 96x96"].total_bytes == page("tinysam/encoder@96").parts[0].report.memory.total_bytes
    assert not any("only" in change for change in found)


def test_an_empty_name_is_said_to_be_empty() -> None:
    with pytest.raises(InputError, match="name is empty"):
        explain("")


def test_reasons_that_overlap_are_said_to() -> None:
    encoder = page("tinysam").parts[0]
    assert sum(g.count for g in encoder.refused) > encoder.refused_nodes
    assert (
        f"{sum(g.count for g in encoder.refused)} in all for {encoder.refused_nodes} nodes: a node may be refused for several reasons"
        in render(page("tinysam"))
    )
    assert all(one.note == "" for one in objections(page("edgesam@96").parts[0]))


def test_a_group_names_its_nodes() -> None:
    encoder = page("tinysam").parts[0]
    for group in encoder.refused:
        assert len(group.nodes) == group.count
    assert len({n for g in encoder.refused for n in g.nodes}) == encoder.refused_nodes
    assert to_dict(page("tinysam"))["parts"][0]["refused"][0]["nodes"] == encoder.refused[0].nodes


@pytest.mark.parametrize("form", ["console", "markdown"])
def test_verbose_names_every_node(form: str) -> None:
    node = page("tinysam/decoder@96").parts[0].refused[0].nodes[0]
    plain, verbose = (
        CliRunner().invoke(command, ["tinysam/decoder@96", "--format", form, *more]).output
        for more in ([], ["-v"])
    )
    assert node not in plain
    assert node in verbose.replace("&#95;", "_")


def test_nodes_are_counted_after_folding_and_add_up() -> None:
    (part,) = page("tinysam/encoder").parts
    assert sum(part.operators.values()) == part.nodes < part.report.model.nodes
    assert f"{part.nodes} ({part.report.model.nodes} before constants are folded)" in render(
        page("tinysam/encoder")
    )


def test_the_page_says_where_the_front_end_stopped_and_what_it_did_not_judge() -> None:
    (stopped,) = front_end_notes(page("tinysam/decoder").parts[0])
    assert "judged no other node" in stopped
    assert "MatMul, Cast, Equal rests on its answers about single operators" in stopped
    counts, erf = front_end_notes(page("tinysam/encoder").parts[0])
    assert "lines of the front end's log" in counts
    assert "rests on" not in erf
    assert front_end_notes(page("picosam3").parts[0]) == []


def test_a_recorded_remark_is_said_in_words_of_its_own() -> None:
    """Each remark that the recorded answers of this graph hold is known here: none is shown as it was noted."""
    answers = page("sam-vit-b").parts[0].front_end
    assert all(answer.note in REMARKS for answer in answers)
    assert {front_end_words(answer)[1] for answer in answers} == set(REMARKS.values())


def test_weights_clearly_above_the_parameters_are_explained() -> None:
    def said(model: str) -> str:
        return " ".join(text for text in page(model).caveats if "for 4,064,560 parameters" in text)

    assert "3,145,920 B" in said("tinysam/decoder") and "once for each use" in said("tinysam/decoder")
    assert said("tinysam/decoder@96") == ""


def test_of_the_gelus_those_that_cannot_be_shifted_are_said_to_be_left_out() -> None:
    assert any(text.startswith("22 of 23 Gelu") for text in page("tinysam/encoder").caveats)


def test_the_page_names_what_the_budgets_fixes_point_to() -> None:
    """SF601 and SF605 send people here for the peak, SF602 for the slowest layers."""
    report = page("picosam3").parts[0].report
    rows = {row[0]: row[1] for row in figures(page("picosam3"))}
    slowest = max(report.latency.layers, key=lambda layer: layer.cycles)
    assert report.memory.steps[report.memory.peak_step].node in rows["peak at"]
    assert slowest.node in rows["slowest layers"].partition(",")[0]
    tight = Budgets(sram=1, latency=0.001, headroom=1 << 40)
    fixes = {f.rule: f.fix for f in budget_findings(report, tight)}
    assert "where the peak is" in fixes["SF601"] and fixes["SF601"] == fixes["SF605"]
    assert "slowest layers" in fixes["SF602"]


def test_a_derived_figure_says_so_beside_its_source() -> None:
    (line,) = [
        line for line in render(page("edgesam")).splitlines() if line.startswith("| latency | 25.8 ms")
    ]
    assert line.count("1000 / 38.7 frames per second") == 1
    assert "(derived: 1000 / 38.7 frames per second)" in line
