"""From images to a trained, measured network: ROI geometry, data, teachers, training, evaluation, masks.

    geometry                                a box to the pixels the network sees, and its mask back
    debian material compose demo            scenes composed from photographs that Debian packages
    coco dataset augment sampler            crops to train on
    losses unet train checkpoint            training
    metrics predict baselines evaluate      how good it is
    segment                                 one image, some ROIs, a mask

Needs the extra ``train`` (``evaluate`` and ``segment`` only its OpenCV and pycocotools).
"""
