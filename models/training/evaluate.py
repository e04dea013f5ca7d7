"""Measures weights on annotated pictures by the protocol of `segstream eval`.

    python evaluate.py weights.safetensors --camvid camvid/ --resolution 480x352,960x704

The picture is resized bilinearly, the logits are resized bilinearly to the label's size, and the
largest wins; IoU is over the pixels of all pictures. A class that is neither in the truth nor in
the prediction is left out of the mean.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from config import Config, Validation, parse_config, parse_size, read_config
from data import open_image, read_codes
from fast_scnn import SIDE_STEP, FastScnn, normalise, resize
from labels import CLASSES, IGNORE, LabelSets
from refusal import Refusal, run
from weights import load_network

ANTIALIAS_FROM = 2
"""From this factor on a shrinking resize averages over what it would skip, as segstream's does."""


def predict(network: FastScnn, image: Image.Image, size: tuple[int, int] | None) -> np.ndarray:
    """uint8 [height, width]: the train id of each pixel. `size`: of the network's input."""
    device = next(network.parameters()).device
    width, height = size or nearest_size(image.size)
    if width % SIDE_STEP or height % SIDE_STEP:
        raise Refusal(f"Cannot run at {width}x{height}: sides must be multiples of {SIDE_STEP}.")
    rgb = torch.from_numpy(np.array(image)).to(device).permute(2, 0, 1)[None].float()
    rgb = resize_axis(resize_axis(rgb, 2, height), 3, width)
    with torch.inference_mode():
        rgb = rgb.contiguous(memory_format=torch.channels_last)
        logits = network(normalise(rgb / 255))
        whole = resize(logits, (image.height, image.width), network.traits.align_corners)
    return whole.argmax(1)[0].to("cpu", torch.uint8).numpy()


def resize_axis(rgb: Tensor, axis: int, length: int) -> Tensor:
    """Bilinear along one axis, in whole codes afterwards.

    It is what segstream feeds its networks with, and the rounding is no detail: without it v0 has
    0.2 points more mIoU on CamVid's pictures enlarged to 960×704.
    """
    if rgb.shape[axis] == length:
        return rgb
    size = [length if each == axis else rgb.shape[each] for each in (2, 3)]
    antialias = rgb.shape[axis] > ANTIALIAS_FROM * length
    return F.interpolate(rgb, size, mode="bilinear", antialias=antialias).round().clamp(0, 255)


def nearest_size(size: tuple[int, int]) -> tuple[int, int]:
    """The picture's own size in multiples of SIDE_STEP."""
    width, height = (max(1, round(side / SIDE_STEP)) * SIDE_STEP for side in size)
    return width, height


class Confusion:
    """How often each class of a data set was taken for each."""

    def __init__(self, validation: Validation, sets: LabelSets) -> None:
        self.codes = validation.codes
        numbers = sorted(set(validation.codes.tolist()) - {IGNORE})
        self.names = ["/".join(CLASSES[each] for each in sets.sets[number]) for number in numbers]
        self.row_of_code = np.full(256, IGNORE, np.uint8)
        self.column_of_class = np.full(256, len(numbers), np.uint8)
        for row, number in enumerate(numbers):
            self.row_of_code[validation.codes == number] = row
            self.column_of_class[list(sets.sets[number])] = row
        self.counts = np.zeros((len(numbers), len(numbers) + 1), np.int64)

    def add(self, labels: np.ndarray, predicted: np.ndarray) -> None:
        """labels: codes as they stand in the annotation; predicted: train ids."""
        rows = self.row_of_code[labels]
        valid = rows != IGNORE
        columns = self.column_of_class[predicted[valid]]
        flat = rows[valid].astype(np.int64) * self.counts.shape[1] + columns
        self.counts += np.bincount(flat, minlength=self.counts.size).reshape(self.counts.shape)

    def ious(self) -> np.ndarray:
        """By class; NaN for what occurs neither in the truth nor in the prediction."""
        hits = np.diagonal(self.counts).astype(float)
        union = self.counts.sum(1) + self.counts[:, :-1].sum(0) - hits
        return np.divide(hits, union, out=np.full(len(hits), np.nan), where=union > 0)

    def miou(self) -> float:
        return float(np.nanmean(self.ious()))

    def accuracy(self) -> float:
        """Of the pixels."""
        return float(np.trace(self.counts) / max(1, self.counts.sum()))


def evaluate(network: FastScnn, validation: Validation, sets: LabelSets) -> Confusion:
    """Runs the network, which should be in evaluation mode, on every picture."""
    confusion = Confusion(validation, sets)
    for picture in validation.pictures:
        image = open_image(picture.image).convert("RGB")
        labels = read_codes(picture, image.size)
        confusion.add(labels, predict(network, image, validation.size))
    return confusion


LAYOUTS = {
    "camvid": {
        "name": "CamVid, test",
        "images": "test/*.png",
        "labels": "testannot/*.png",
        "map": "camvid11",
    },
    "cityscapes": {
        "name": "Cityscapes, val",
        "images": "leftImg8bit/val/*/*_leftImg8bit.png",
        "labels": "gtFine/val/*/*_gtFine_labelIds.png",
        "map": "labelIds",
    },
}
"""Validation sets in the layouts that `segstream eval` knows as well."""


def read_validation(options: argparse.Namespace) -> Config:
    if options.config:
        return read_config(options.config)
    layout, folder = next((name, path) for name in LAYOUTS if (path := getattr(options, name)))
    return parse_config({"validation": [LAYOUTS[layout]]}, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, help="a .safetensors file")
    pictures = parser.add_mutually_exclusive_group(required=True)
    pictures.add_argument("--config", type=Path, help="the validation sets of a configuration")
    pictures.add_argument("--camvid", type=Path, help="a folder with test/ and testannot/")
    pictures.add_argument("--cityscapes", type=Path, help="a folder with leftImg8bit/ and gtFine/")
    parser.add_argument("--resolution", help="of the network: WxH,WxH,… (default: as configured)")
    parser.add_argument("--skip", choices=("keep", "zero"), default="keep")
    parser.add_argument("--classes", action="store_true", help="print the IoU of each class")
    options = parser.parse_args()
    network = load_network(options.weights, skip=options.skip)
    config = read_validation(options)
    sizes = options.resolution.split(",") if options.resolution else [None]
    for validation in config.validation:
        for size in sizes:
            shown = replace(validation, size=parse_size(size)) if size else validation
            print_scores(shown, evaluate(network, shown, config.sets), options.classes)


def print_scores(validation: Validation, confusion: Confusion, classes: bool) -> None:
    size = "x".join(map(str, validation.size)) if validation.size else "own size"
    miou, accuracy = 100 * confusion.miou(), 100 * confusion.accuracy()
    print(f"{validation.name}, {size}: mIoU {miou:.2f}, pixels {accuracy:.2f}")
    if classes:
        for name, iou in zip(confusion.names, confusion.ious(), strict=True):
            print(f"  {name:28} {'–' if np.isnan(iou) else f'{100 * iou:.1f}'}")


if __name__ == "__main__":
    run(main)
