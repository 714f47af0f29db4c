"""The teachers' real loading code, on SAM, SAM 2.1 and SAM3 with tiny random configurations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")

from sensorfit.errors import InputError  # noqa: E402
from sensorfit.vision.sam import SamTeacher  # noqa: E402

pytestmark = pytest.mark.heavy


def tiny_sam(place: Path) -> None:
    from transformers import SamConfig, SamImageProcessor, SamModel, SamProcessor

    config = SamConfig(
        vision_config={"hidden_size": 16, "output_channels": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 64,
                       "patch_size": 16, "mlp_dim": 16, "window_size": 2, "global_attn_indexes": [1], "num_pos_feats": 4},
        prompt_encoder_config={"hidden_size": 8, "image_size": 64, "patch_size": 16, "mask_input_channels": 4, "image_embedding_size": 4},
        mask_decoder_config={"hidden_size": 8, "mlp_dim": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "iou_head_hidden_dim": 16},
    )  # fmt: skip
    SamModel(config).save_pretrained(place)
    SamProcessor(
        SamImageProcessor(size={"longest_edge": 64}, pad_size={"height": 64, "width": 64})
    ).save_pretrained(place)


def tiny_sam2(place: Path) -> None:
    from transformers import Sam2Config, Sam2ImageProcessorFast, Sam2Model, Sam2Processor

    config = Sam2Config(
        vision_config={
            "backbone_config": {
                "model_type": "sam2_hiera_det_model", "hidden_size": 8, "num_attention_heads": 1, "image_size": [64, 64],
                "blocks_per_stage": [1, 1, 1, 1], "embed_dim_per_stage": [8, 16, 32, 64], "num_attention_heads_per_stage": [1, 1, 2, 4],
                "window_size_per_stage": [4, 2, 2, 2], "global_attention_blocks": [], "window_positional_embedding_background_size": [2, 2],
            },
            "backbone_channel_list": [64, 32, 16, 8], "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]], "fpn_hidden_size": 8,
        },
        prompt_encoder_config={"hidden_size": 8, "image_size": 64, "patch_size": 16, "mask_input_channels": 4},
        mask_decoder_config={"hidden_size": 8, "mlp_dim": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "iou_head_hidden_dim": 16},
    )  # fmt: skip
    Sam2Model(config).save_pretrained(place)
    Sam2Processor(Sam2ImageProcessorFast(size={"height": 64, "width": 64}), target_size=64).save_pretrained(
        place
    )


def tiny_sam3(place: Path) -> None:
    from transformers import Sam3ImageProcessor, Sam3TrackerConfig, Sam3TrackerModel, Sam3TrackerProcessor

    config = Sam3TrackerConfig(
        vision_config={
            "backbone_config": {
                "model_type": "sam3_vit_model", "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
                "num_attention_heads": 2, "image_size": 56, "patch_size": 14, "window_size": 2, "global_attn_indexes": [1],
                "pretrain_image_size": 28,
            },
            "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]], "fpn_hidden_size": 8,
        },
        prompt_encoder_config={"hidden_size": 8, "image_size": 56, "patch_size": 14, "mask_input_channels": 4},
        mask_decoder_config={"hidden_size": 8, "mlp_dim": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "iou_head_hidden_dim": 16},
    )  # fmt: skip
    Sam3TrackerModel(config).save_pretrained(place)
    Sam3TrackerProcessor(
        Sam3ImageProcessor(size={"height": 56, "width": 56}), target_size=56
    ).save_pretrained(place)


@pytest.mark.parametrize("make", [tiny_sam, tiny_sam2, tiny_sam3])
def test_a_teacher_gives_a_mask_of_the_image_and_its_best_score_for_each_box(
    make: Any, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    make(tmp_path)
    teacher = SamTeacher(str(tmp_path))
    image = np.random.default_rng(0).integers(0, 256, (48, 80, 3), dtype=np.uint8)
    boxes = [(5.0, 5.0, 20.0, 20.0), (30.0, 10.0, 40.0, 30.0), (0.0, 0.0, 80.0, 48.0)]
    found = teacher.masks(image, boxes)
    assert [logits.shape for logits, _ in found] == [(48, 80)] * 3
    assert all(np.isfinite(logits).all() and np.isfinite(score) for logits, score in found)
    alone = teacher.masks(image, boxes[1:2])[0]
    assert np.allclose(alone[0], found[1][0], atol=1e-4) and alone[1] == pytest.approx(found[1][1], abs=1e-4)


def test_what_is_no_teacher_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be loaded"):
        SamTeacher(str(tmp_path))
    transformers.BertConfig().save_pretrained(tmp_path)
    with pytest.raises(InputError, match="is a bert"):
        SamTeacher(str(tmp_path))
