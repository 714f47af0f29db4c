"""Builders of the SAM family's graphs from permissively licensed packages.

timm, segment-anything and transformers (all Apache-2.0) hold the parts; what
the published models change about them is spelled out here. Weights are random:
structure, parameters and MACs are what these modules are for. They are the
source of ``models/graphs`` (see ``export_reference``) and need the extra
``reference``; nothing on the check path imports this file.

    image (1,3,S,S) ─► encoder ─► embedding (1,256,S/16,S/16) ─► prompt encoder + mask decoder ─► masks (1,M,S/4,S/4)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

EMBEDDING = 256
"""Channels of SAM's image embedding, the interface of every encoder and decoder here."""
STRIDE = 16
"""Pixels of the image to one cell of the embedding."""
HIERA_STRIDE = 4
"""Pixels to one cell of Hiera's first stage."""
PROMPT_POINTS = 2
"""Points a prompt holds: the two corners of a box, or one point and its padding."""
SEED = 0


@dataclass(frozen=True)
class Export:
    """A module with what ``torch.onnx.export`` needs beside it."""

    module: nn.Module
    inputs: tuple[Tensor, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]


def neck(channels: int) -> nn.Sequential:
    """SAM's neck: ``channels`` to 256 by a 1x1 and a 3x3 convolution, each followed by LayerNorm2d."""
    from segment_anything.modeling.common import LayerNorm2d

    return nn.Sequential(
        nn.Conv2d(channels, EMBEDDING, kernel_size=1, bias=False),
        LayerNorm2d(EMBEDDING),
        nn.Conv2d(EMBEDDING, EMBEDDING, kernel_size=3, padding=1, bias=False),
        LayerNorm2d(EMBEDDING),
    )


class TinyVitEncoder(nn.Module):
    """MobileSAM's and TinySAM's encoder: TinyViT-5M whose last stage keeps its resolution, then the neck.

    The published code strides by 1 where the classifier strides by 2, so the embedding is S/16.
    """

    def __init__(self) -> None:
        super().__init__()
        self.backbone = _timm().create_model("tiny_vit_5m_224", pretrained=False)
        self.backbone.head = nn.Identity()  # the classifier that the published checkpoint carries unused
        self.backbone.stages[3].downsample.conv2.conv.stride = (1, 1)
        self.neck = neck(320)

    def forward(self, image: Tensor) -> Tensor:
        """(1,3,S,S) to (1,256,S/16,S/16)."""
        return self.neck(self.backbone.forward_features(image))


class RepVitEncoder(nn.Module):
    """EdgeSAM's encoder: RepViT-M1, an FPN over its last two stages, the neck.

    The stage-2 tap is the output of the block that precedes the last
    downsampling; stage 3 is upsampled bilinearly, as in the published ONNX
    export (training used bicubic).
    """

    def __init__(self) -> None:
        super().__init__()
        self.backbone = _timm().create_model("repvit_m1", pretrained=False, num_classes=0)
        self.lateral2 = nn.Conv2d(192, EMBEDDING, kernel_size=1, bias=False)
        self.lateral3 = nn.Conv2d(384, EMBEDDING, kernel_size=1, bias=False)
        self.neck = neck(EMBEDDING)

    def forward(self, image: Tensor) -> Tensor:
        """(1,3,S,S) to (1,256,S/16,S/16)."""
        x = self.backbone.stem(image)
        for stage in self.backbone.stages[:3]:
            x = stage(x)
        last = self.backbone.stages[3]
        tap = last.downsample.pre_block(x)
        down = last.downsample.channel_downsample(last.downsample.spatial_downsample(tap))
        deep = last.blocks(down + last.downsample.ffn(down))
        up = nn.functional.interpolate(self.lateral3(deep), scale_factor=2, mode="bilinear")
        return self.neck(self.lateral2(tap) + up)


class PlainVitEncoder(nn.Module):
    """EfficientSAM's encoder: a plain ViT over 16x16 patches without class token, then the neck.

    Positions are learned for 14x14 patches and interpolated once to the image's
    grid: the graph holds the result, the parameters are those learned.
    """

    LEARNED = 14

    def __init__(self, name: str, channels: int, size: int) -> None:
        super().__init__()
        self.vit = _timm().create_model(
            name,
            pretrained=False,
            img_size=size,
            class_token=False,
            global_pool="",
            final_norm=False,
            num_classes=0,
        )
        self.neck = neck(channels)
        self.cells = size // STRIDE
        self.positions = nn.Parameter(torch.zeros(1, self.LEARNED**2, channels))
        del self.vit.pos_embed
        self.vit.register_buffer("pos_embed", self._interpolated())

    def _interpolated(self) -> Tensor:
        grid = self.positions.detach().reshape(1, self.LEARNED, self.LEARNED, -1).permute(0, 3, 1, 2)
        wide = nn.functional.interpolate(grid, size=(self.cells, self.cells), mode="bicubic")
        return wide.permute(0, 2, 3, 1).reshape(1, self.cells**2, -1)

    def forward(self, image: Tensor) -> Tensor:
        """(1,3,S,S) to (1,256,S/16,S/16)."""
        tokens = self.vit.forward_features(image)
        grid = tokens.reshape(1, self.cells, self.cells, tokens.shape[-1])
        return self.neck(grid.permute(0, 3, 1, 2))


class FirstOutput(nn.Module):
    """A transformers vision model reduced to its embedding: ``last_hidden_state``."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        """(1,3,S,S) to (1,256,S/16,S/16)."""
        return self.model(image).last_hidden_state


class Pyramid(nn.Module):
    """SAM 2's vision encoder with the feature maps its decoder reads, high resolution first."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """(1,3,S,S) to (1,256,S/4,S/4), (1,256,S/8,S/8), (1,256,S/16,S/16)."""
        return tuple(self.model(image).fpn_hidden_states)


class PromptDecoder(nn.Module):
    """SAM's prompt encoder and mask decoder: embedding and two points to low-resolution masks.

    The traceable form is the one Meta ships for ONNX (``SamOnnxModel``): points
    are embedded by arithmetic on their labels. No mask prompt is given, and the
    masks stay at S/4. ``masks`` keeps the last so many of the four.
    """

    def __init__(self, size: int, masks: int) -> None:
        super().__init__()
        from segment_anything.modeling import MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
        from segment_anything.utils.onnx import SamOnnxModel

        cells = size // STRIDE
        image_encoder = nn.Module()
        image_encoder.img_size = size
        transformer = TwoWayTransformer(depth=2, embedding_dim=EMBEDDING, mlp_dim=2048, num_heads=8)
        sam = Sam(
            image_encoder=image_encoder,  # type: ignore[arg-type]  # only its img_size is read
            prompt_encoder=PromptEncoder(EMBEDDING, (cells, cells), (size, size), mask_in_chans=16),
            mask_decoder=MaskDecoder(
                transformer_dim=EMBEDDING, transformer=transformer, num_multimask_outputs=3
            ),
        )
        self.onnx = SamOnnxModel(sam, return_single_mask=False)
        self.masks = masks

    def forward(self, embedding: Tensor, points: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """(1,256,S/16,S/16), (1,2,2), (1,2) to masks (1,M,S/4,S/4) and their scores (1,M)."""
        prompts = self.onnx.model.prompt_encoder
        masks, scores = self.onnx.mask_decoder.predict_masks(
            image_embeddings=embedding,
            image_pe=prompts.get_dense_pe(),
            sparse_prompt_embeddings=self.onnx._embed_points(points, labels),
            dense_prompt_embeddings=prompts.no_mask_embed.weight.reshape(1, -1, 1, 1),
        )
        first = masks.shape[1] - self.masks
        return (masks[:, first:], scores[:, first:]) if first else (masks, scores)


def tinyvit(size: int) -> Export:
    """MobileSAM's and TinySAM's encoder."""
    return _encoder(TinyVitEncoder(), size)


def repvit(size: int) -> Export:
    """EdgeSAM's encoder as published: trained branches, 130 convolutions."""
    return _encoder(RepVitEncoder(), size)


def repvit_fused(size: int) -> Export:
    """EdgeSAM's encoder as deployed: branches merged into one convolution each."""
    exported = repvit(size)
    fuse(exported.module)
    return exported


def decoder(size: int, masks: int = 4) -> Export:
    """Prompt encoder and mask decoder of SAM, MobileSAM and EdgeSAM (4 masks) and of TinySAM (3)."""
    module = _randomise(PromptDecoder(size, masks))
    cells = size // STRIDE
    inputs = (
        torch.randn(1, EMBEDDING, cells, cells),
        torch.rand(1, PROMPT_POINTS, 2) * size,
        torch.tensor([[2.0, 3.0]]),
    )
    return Export(module, inputs, ("embedding", "points", "labels"), ("masks", "scores"))


def sam_vit(size: int, width: int, depth: int, heads: int, global_attention: tuple[int, ...]) -> Export:
    """SAM's own encoder, a ViT with windowed attention and relative positions."""
    from segment_anything.modeling import ImageEncoderViT

    return _encoder(
        ImageEncoderViT(
            img_size=size,
            patch_size=STRIDE,
            embed_dim=width,
            depth=depth,
            num_heads=heads,
            mlp_ratio=4,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
            qkv_bias=True,
            use_rel_pos=True,
            global_attn_indexes=global_attention,
            window_size=14,
            out_chans=EMBEDDING,
        ),
        size,
    )


def plain_vit(size: int, name: str, channels: int) -> Export:
    """EfficientSAM's encoders."""
    return _encoder(PlainVitEncoder(name, channels, size), size)


def slim_sam(size: int, width: int, mlp: int) -> Export:
    """SlimSAM's encoder, uniformly pruned: SAM ViT-B with narrower blocks."""
    from transformers import SamVisionConfig
    from transformers.models.sam.modeling_sam import SamVisionModel

    config = SamVisionConfig(hidden_size=width, mlp_dim=mlp, image_size=size, attn_implementation="eager")
    return _encoder(FirstOutput(SamVisionModel(config)), size)


def hiera(size: int, **backbone: Any) -> Export:
    """SAM 2.1's encoder: Hiera with its FPN; ``backbone`` are the Hiera configuration's fields."""
    from transformers import Sam2HieraDetConfig, Sam2VisionConfig
    from transformers.models.sam2.modeling_sam2 import Sam2VisionModel

    config = Sam2VisionConfig(
        backbone_config=Sam2HieraDetConfig(image_size=[size, size], **backbone),
        backbone_channel_list=list(reversed(backbone["embed_dim_per_stage"])),
        backbone_feature_sizes=[[size // s, size // s] for s in (4, 8, 16)],
        attn_implementation="eager",
    )
    names = ("stride4", "stride8", "embedding")
    encoder = _encoder(Pyramid(Sam2VisionModel(config)), size, names)
    trunk = encoder.module.model.backbone
    grid = (size // HIERA_STRIDE, size // HIERA_STRIDE)
    with torch.no_grad():
        trunk.register_buffer("positions", trunk._get_pos_embed(grid))
    trunk._get_pos_embed = lambda hw: trunk.positions  # interpolated once; the trace of it would hold an If
    return encoder


def fuse(module: nn.Module) -> None:
    """Apply timm's ``fuse()`` to every block that has one, outermost first: a block fuses its own parts."""
    for name, child in module.named_children():
        if hasattr(child, "fuse"):
            child = child.fuse()
            setattr(module, name, child)
        fuse(child)


BUILDERS: dict[str, Callable[..., Export]] = {
    "tinyvit": tinyvit,
    "repvit": repvit,
    "repvit_fused": repvit_fused,
    "decoder": decoder,
    "sam_vit": sam_vit,
    "plain_vit": plain_vit,
    "slim_sam": slim_sam,
    "hiera": hiera,
}
"""The builders by the names ``reference.toml`` uses."""


def _timm() -> Any:
    import timm

    timm.layers.set_fused_attn(False)  # the exporter spells attention out as MatMul, Softmax, MatMul
    return timm


def _encoder(module: nn.Module, size: int, outputs: tuple[str, ...] = ("embedding",)) -> Export:
    return Export(_randomise(module), (torch.randn(1, 3, size, size),), ("image",), outputs)


def _randomise(module: nn.Module) -> nn.Module:
    """Give every parameter and statistic its own values: the exporter merges initializers that are equal."""
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0.0, 0.02, generator=generator)
        for name, buffer in module.named_buffers():
            if name.endswith("running_var"):
                buffer.uniform_(0.5, 1.5, generator=generator)
            elif buffer.is_floating_point():
                buffer.normal_(0.0, 0.1, generator=generator)
    return module.eval()
