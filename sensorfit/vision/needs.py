"""The extra ``train``: named when something of it is missing, before any of it is imported."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import MissingDependency

TRAIN = {
    "torch": "torch",
    "torchvision": "torchvision",
    "accelerate": "accelerate",
    "tensorboard": "tensorboard",
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
}
"""What training composed crops needs; annotations need pycocotools as well, which is asked for where they are read."""
DATA = {"cv2": "opencv-python-headless", "PIL": "pillow", "pycocotools": "pycocotools"}

TEACH = {"torch": "torch", "transformers": "transformers", "accelerate": "accelerate", "pyarrow": "pyarrow"}


def need_extra(products: dict[str, str], what: str) -> None:
    """MissingDependency naming every absent product; imports none."""
    absent = [product for module, product in products.items() if find_spec(module) is None]
    if absent:
        raise MissingDependency(
            f"{what} needs {', '.join(absent)}, which {'is' if len(absent) == 1 else 'are'} not installed: "
            'pip install "sensorfit[train]"'
        )


def need_train_extra() -> None:
    """Before training."""
    need_extra(TRAIN, "training")
