"""Batches of crops: drawn by source, scaled, recoloured and mirrored, all by seed and step."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from config import Config, Picture, Source
from labels import CLASSES, IGNORE, LabelSets
from refusal import Refusal

LABEL_STRIDE = 4
"""Labels are needed at a quarter of the crop's size, where the loss is taken."""

ASPECT = 0.17
BRIGHTNESS = 0.4
CONTRAST = 0.25
SATURATION = 0.4
CAST = 0.08
PADDING_COLOUR = (124, 116, 104)
"""About zero after normalisation."""

CACHE_BYTES = 2 << 30


@dataclass(frozen=True)
class Sample:
    """A decoded frame."""

    image: Image.Image
    codes: Image.Image | None
    """Numbers of label sets, 8 bits; None where there are only soft labels."""
    soft: list[Image.Image] | None
    """For each class its probability of 0–255, at whatever size the teacher gave it."""

    @property
    def byte_length(self) -> int:
        area = self.image.width * self.image.height
        planes = self.soft or []
        return 4 * area + sum(plane.width * plane.height for plane in planes)


@dataclass(frozen=True)
class Batch:
    """What one step learns from.

    Shapes: images uint8 [batch, height, width, 3]; colour float32 [batch, 3, 4], an affine map of
    RGB of 0–1; codes uint8 [batch, height/4, width/4], numbers of label sets; soft float32
    [batch, classes, height/4, width/4] or None; where `is_soft` is false, its values do not count.
    """

    images: Tensor
    colour: Tensor
    codes: Tensor
    soft: Tensor | None
    is_soft: Tensor

    def rgb(self, device: torch.device) -> Tensor:
        """The crops in new colours: float32 [batch, 3, height, width] of 0–1, channels last."""
        images = self.images.to(device).float().div_(255)
        colour = self.colour.to(device)
        count, height, width, _ = images.shape
        flat = images.view(count, -1, 3)
        turned = torch.baddbmm(colour[:, None, :, 3], flat, colour[:, :, :3].transpose(1, 2))
        return turned.clamp_(0, 1).view(count, height, width, 3).permute(0, 3, 1, 2)


class Dataset:
    """Draws batches. The same seed and step give the same batch, whatever was drawn before."""

    def __init__(self, config: Config, *, size: tuple[int, int], batch: int, seed: int) -> None:
        self.config = config
        self.size = size
        self.batch = batch
        self.seed = seed
        weights = np.array([source.weight for source in config.sources])
        self.shares = weights / weights.sum()
        self._cache: dict[tuple[int, int], Sample] = {}
        self._cached_bytes = 0

    def draw(self, step: int) -> Batch:
        random = np.random.default_rng([self.seed, step])
        crops, colours = [], []
        for number in random.choice(len(self.shares), self.batch, p=self.shares):
            source = self.config.sources[number]
            sample = self._sample(number, random.integers(len(source.pictures)))
            crops.append(crop(sample, random, self.size, source))
            colours.append(draw_colour(random, source.colour))
        images, codes, softs = zip(*crops)
        is_soft = [soft is not None for soft in softs]
        none = np.zeros((len(CLASSES), *codes[0].shape), np.float32)
        soft = (
            np.stack([none if each is None else each for each in softs]) if any(is_soft) else None
        )
        return Batch(
            torch.from_numpy(np.stack(images)),
            torch.from_numpy(np.stack(colours)),
            torch.from_numpy(np.stack(codes)),
            None if soft is None else torch.from_numpy(soft),
            torch.tensor(is_soft),
        )

    def _sample(self, number: int, index: int) -> Sample:
        """A frame of a source, kept in memory as long as there is room."""
        if (number, index) in self._cache:
            return self._cache[number, index]
        source = self.config.sources[number]
        sample = read_sample(source, source.pictures[index], self.config.sets)
        if self._cached_bytes + sample.byte_length <= CACHE_BYTES:
            self._cache[number, index] = sample
            self._cached_bytes += sample.byte_length
        return sample


def read_sample(source: Source, picture: Picture, sets: LabelSets) -> Sample:
    """Decodes a frame and settles what each of its pixels may be."""
    image = open_image(picture.image).convert("RGB")
    planes = read_teacher(picture, image.size) if picture.teacher else None
    if picture.labels is None:
        if planes is None or len(planes) != len(CLASSES):
            raise Refusal(f'Cannot use "{picture.teacher}": it holds no probabilities (.npz).')
        return Sample(image, None, planes)
    codes = source.codes[read_codes(picture, image.size)]
    if planes is not None:
        codes = refine(codes, planes, sets)
    if picture.confidence is not None:
        confidence = np.asarray(open_image(picture.confidence).convert("L"))
        codes = np.where(confidence < 255 * source.min_confidence, np.uint8(IGNORE), codes)
    return Sample(image, Image.fromarray(codes), None)


def open_image(path) -> Image.Image:
    try:
        image = Image.open(path)
        image.load()
        return image
    except OSError as cause:
        raise Refusal(f'Cannot read "{path}": {cause}.') from cause


def read_codes(picture: Picture, size: tuple[int, int]) -> np.ndarray:
    """uint8 [height, width]: the codes as they stand in the annotation."""
    annotation = open_image(picture.labels)
    if annotation.mode not in ("L", "P") or annotation.size != size:
        raise Refusal(
            f'Cannot use labels "{picture.labels}": they are {annotation.mode} of '
            f"{annotation.size}, and must be 8-bit codes of the image's {size}."
        )
    return np.asarray(annotation)


def read_teacher(picture: Picture, size: tuple[int, int]) -> list[Image.Image]:
    """A teacher's planes: probabilities of each class, or one plane of its train ids."""
    path = picture.teacher
    if path.suffix != ".npz":
        return [Image.fromarray(read_codes(Picture(picture.image, labels=path), size))]
    try:
        with np.load(path) as archive:
            return [Image.fromarray(plane) for plane in archive["probabilities"]]
    except (OSError, ValueError, KeyError) as cause:
        raise Refusal(f'Cannot read "{path}": {cause}. Make it with distill.py --soft.') from cause


def refine(codes: np.ndarray, planes: list[Image.Image], sets: LabelSets) -> np.ndarray:
    """Where a label allows several classes, takes the one that the teacher holds likeliest."""
    height, width = codes.shape
    refined = codes.copy()
    for number in np.unique(codes):
        if number == IGNORE or len(sets.sets[number]) == 1:
            continue
        allowed = sets.sets[number]
        where = codes == number
        if len(planes) == 1:
            guess = np.asarray(planes[0])[where]
            refined[where] = np.where(np.isin(guess, allowed), guess, number)
        else:
            likely = [
                planes[each].resize((width, height), Image.Resampling.BILINEAR) for each in allowed
            ]
            best = np.stack([np.asarray(plane)[where] for plane in likely]).argmax(0)
            refined[where] = np.array(allowed, np.uint8)[best]
    return refined


def crop(
    sample: Sample, random: np.random.Generator, size: tuple[int, int], source: Source
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """A crop of `size`, its label sets and its soft labels; beyond the picture they are ignored."""
    low, high = source.scale
    scale = math.exp(random.uniform(math.log(low), math.log(high)))
    scales = (scale * random.uniform(1 - ASPECT, 1 + ASPECT), scale)
    spans = [
        place(random, length, each, wanted)
        for length, each, wanted in zip(sample.image.size, scales, size)
    ]
    box = tuple(span[0] for span in spans) + tuple(span[1] for span in spans)
    target = tuple(span[2] for span in spans) + tuple(span[3] for span in spans)
    image = cut(sample.image, box, size, target, Image.Resampling.BILINEAR, PADDING_COLOUR)
    small = (size[0] // LABEL_STRIDE, size[1] // LABEL_STRIDE)
    small_target = tuple(edge // LABEL_STRIDE for edge in target)
    codes = np.full((small[1], small[0]), IGNORE, np.uint8)
    soft = None
    if sample.codes is not None:
        codes = cut(sample.codes, box, small, small_target, Image.Resampling.NEAREST, IGNORE)
    else:
        soft = cut_soft(sample, box, small, small_target, source.min_confidence)
    if random.random() < 0.5:
        image, codes = image[:, ::-1], codes[:, ::-1]
        soft = None if soft is None else soft[:, :, ::-1]
    return image, codes, soft


def place(random: np.random.Generator, length: int, scale: float, wanted: int):
    """Where along one axis a crop lies: from and to in the picture, from and to in the crop.

    Positions in the crop are multiples of LABEL_STRIDE, so that labels meet their pixels.
    """
    room = length * scale - wanted
    if room >= 0:
        start = random.uniform(0, room)
        return start / scale, min(length, (start + wanted) / scale), 0, wanted
    shown = max(1, round(length * scale / LABEL_STRIDE)) * LABEL_STRIDE
    first = LABEL_STRIDE * int(random.integers((wanted - shown) // LABEL_STRIDE + 1))
    return 0, length, first, first + shown


def cut(image, box, size, target, resampling, padding) -> np.ndarray:
    """The part `box` of an image, resized to `target` of an image of `size`."""
    left, top, right, bottom = target
    part = image.resize((right - left, bottom - top), resampling, box)
    if part.size == size:
        return np.asarray(part)
    whole = Image.new(image.mode, size, padding)
    whole.paste(part, (left, top))
    return np.asarray(whole)


def cut_soft(sample: Sample, box, size, target, min_confidence: float) -> np.ndarray:
    """float32 [classes, height, width]: sums to one, or is zero where the teacher is unsure."""
    across = sample.soft[0].width / sample.image.width
    down = sample.soft[0].height / sample.image.height
    scaled = (box[0] * across, box[1] * down, box[2] * across, box[3] * down)
    planes = [
        cut(plane, scaled, size, target, Image.Resampling.BILINEAR, 0) for plane in sample.soft
    ]
    soft = np.stack(planes).astype(np.float32) / 255
    total = soft.sum(0)
    counts = (total > 0) & (soft.max(0) >= min_confidence)
    return np.where(counts, soft / np.maximum(total, 1e-6), 0).astype(np.float32)


def draw_colour(random: np.random.Generator, strength: float) -> np.ndarray:
    """float32 [3, 4]: saturation, contrast, brightness and a cast as one affine map of RGB."""

    def vary(amount: float, shape: int | None = None):
        return 1 + strength * random.uniform(-amount, amount, shape)

    luma = np.array([0.299, 0.587, 0.114])
    saturation, contrast = vary(SATURATION), vary(CONTRAST)
    gain = vary(BRIGHTNESS) * vary(CAST, 3)
    matrix = contrast * (saturation * np.eye(3) + (1 - saturation) * luma)
    offset = 0.45 * (1 - contrast) * np.ones((3, 1))
    return (gain[:, None] * np.hstack([matrix, offset])).astype(np.float32)


def class_frequencies(config: Config, *, pictures: int = 200) -> np.ndarray:
    """float64 [classes]: each class's share of the labelled pixels, as the sources are drawn.

    At most so many pictures of a source are looked at. A label that allows several classes counts
    in equal parts for each.
    """
    table = config.sets.table()
    parts = table / table.sum(1, keepdims=True)
    total = np.zeros(len(CLASSES))
    for source in config.sources:
        step = max(1, len(source.pictures) // pictures)
        counts = np.zeros(len(CLASSES))
        for picture in source.pictures[::step]:
            sample = read_sample(source, picture, config.sets)
            if sample.codes is None:
                counts += [np.asarray(plane).sum(dtype=np.float64) for plane in sample.soft]
            else:
                histogram = np.bincount(np.asarray(sample.codes).ravel(), minlength=256)
                counts += histogram[: len(parts)] @ parts
        total += source.weight * counts / max(1, counts.sum())
    return total / total.sum()
