"""Labels a folder of frames with an ONNX segmentation model, for a small network to learn from.

    python distill.py teacher.onnx --frames frames/ --out taught/

For every frame it writes taught/labels/NAME.png (the model's class ids), taught/confidence/NAME.png
(255 × the probability of that class) and with --soft taught/soft/NAME.npz (the probability of every
class at 1/8 of the frame, 8 bits each). Each frame is seen as it is and mirrored, and the two
opinions are averaged. It needs onnxruntime, numpy and pillow, and no PyTorch.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from config import parse_size
from refusal import Refusal, run

EXTENSIONS = (".png", ".jpg", ".jpeg")
SOFT_STRIDE = 8
TYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(float16)": np.float16}


@dataclass(frozen=True)
class Feeding:
    """How a model of float input wants its pictures; one of uint8 input is fed RGB as it is."""

    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    scale: float = 1 / 255
    """What RGB codes are multiplied by before mean and std."""
    bgr: bool = False


class Teacher:
    """An ONNX model with one picture in and class scores out.

    Input [1, 3, height, width] or [1, height, width, 3], uint8 or float; output [1, classes, h, w],
    logits or probabilities, of any size.
    """

    def __init__(
        self, path: Path, size: tuple[int, int] | None, feeding: Feeding, threads: int
    ) -> None:
        try:
            import onnxruntime
        except ImportError as cause:
            raise Refusal(
                "Cannot run ONNX models: install onnxruntime (pip install onnxruntime)."
            ) from cause
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        try:
            self.session = onnxruntime.InferenceSession(
                str(path), settings, providers=onnxruntime.get_available_providers()
            )
        except Exception as cause:  # the runtime has error classes of its own
            raise Refusal(f'Cannot load "{path}": {cause}') from cause
        self.feeding = feeding
        self.input = self.session.get_inputs()[0]
        shape = self.input.shape
        if len(shape) != 4 or 3 not in (shape[1], shape[3]) or self.input.type not in TYPES:
            raise Refusal(
                f'Cannot use "{path}": its input "{self.input.name}" is {self.input.type} {shape}, '
                "and must be one picture of 3 channels, uint8 or float."
            )
        self.is_planar = shape[1] == 3
        height, width = shape[2:] if self.is_planar else shape[1:3]
        fixed = (width, height) if isinstance(width, int) and isinstance(height, int) else None
        if fixed is None and size is None:
            raise Refusal(f'Cannot tell the size that "{path}" wants. Name it with --size WxH.')
        if fixed is not None and size is not None and fixed != size:
            raise Refusal(f'Cannot run "{path}" at {size}: it was built for {fixed[0]}x{fixed[1]}.')
        self.size = fixed or size

    def probabilities(self, image: Image.Image) -> np.ndarray:
        """float32 [classes, h, w]: the mean of what it says of the picture and of its mirror."""
        pixels = np.asarray(image.resize(self.size, Image.Resampling.BILINEAR))
        straight = self._run(pixels)
        mirrored = self._run(pixels[:, ::-1])[:, :, ::-1]
        return (straight + mirrored) / 2

    def _run(self, pixels: np.ndarray) -> np.ndarray:
        output = self.session.run(None, {self.input.name: self._feed(pixels)})[0]
        if output.ndim != 4 or not np.issubdtype(output.dtype, np.floating):
            raise Refusal(
                f"Cannot learn from an output of {output.dtype} {list(output.shape)}: it must be "
                "scores [1, classes, height, width]. Export the model with its logits."
            )
        scores = output[0].astype(np.float32)
        is_probability = scores.min() >= 0 and np.allclose(scores.sum(0), 1, atol=1e-2)
        return scores if is_probability else softmax(scores)

    def _feed(self, pixels: np.ndarray) -> np.ndarray:
        kind = TYPES[self.input.type]
        values = pixels
        if kind is not np.uint8:
            feeding = self.feeding
            values = (values * feeding.scale - np.array(feeding.mean)) / np.array(feeding.std)
        if self.feeding.bgr:
            values = values[:, :, ::-1]
        planes = values.transpose(2, 0, 1) if self.is_planar else values
        return np.ascontiguousarray(planes[None], kind)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Along the first axis."""
    powers = np.exp(scores - scores.max(0))
    return powers / powers.sum(0)


def resize_planes(planes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """float32 [classes, height, width], bilinear; `size` is width and height."""
    resized = [Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR) for plane in planes]
    return np.stack([np.asarray(plane) for plane in resized])


def label(teacher: Teacher, path: Path, out: Path, soft: bool) -> tuple[np.ndarray, float]:
    """Labels one frame; gives the counts of the classes and the mean confidence."""
    try:
        image = Image.open(path).convert("RGB")
    except OSError as cause:
        raise Refusal(f'Cannot read "{path}": {cause}.') from cause
    coarse = teacher.probabilities(image)
    whole = resize_planes(coarse, image.size)
    labels = whole.argmax(0).astype(np.uint8)
    confidence = whole.max(0)
    Image.fromarray(labels).save(out / "labels" / f"{path.stem}.png")
    shades = np.round(255 * confidence).astype(np.uint8)
    Image.fromarray(shades).save(out / "confidence" / f"{path.stem}.png")
    if soft:
        small = tuple(-(-side // SOFT_STRIDE) for side in image.size)
        codes = np.round(255 * resize_planes(coarse, small)).astype(np.uint8)
        np.savez_compressed(out / "soft" / f"{path.stem}.npz", probabilities=codes)
    return np.bincount(labels.ravel(), minlength=len(coarse)), float(confidence.mean())


def triple(text: str) -> tuple[float, ...]:
    numbers = tuple(float(part) for part in text.split(","))
    if len(numbers) != 3:
        raise argparse.ArgumentTypeError("three numbers, as in 0.5,0.5,0.5")
    return numbers


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="an .onnx file that gives class scores")
    parser.add_argument("--frames", type=Path, required=True, help="a folder of pictures")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument(
        "--soft", action="store_true", help="keep the probability of every class, too"
    )
    parser.add_argument("--size", type=parse_size, help="WxH, where the model leaves it open")
    parser.add_argument("--mean", type=triple, default=Feeding.mean)
    parser.add_argument("--std", type=triple, default=Feeding.std)
    parser.add_argument("--codes", action="store_true", help="feed RGB of 0–255 instead of 0–1")
    parser.add_argument("--bgr", action="store_true", help="feed blue first")
    parser.add_argument("--threads", type=int, default=0, help="0: as many as cores")
    options = parser.parse_args(arguments)
    feeding = Feeding(options.mean, options.std, 1 if options.codes else 1 / 255, options.bgr)
    teacher = Teacher(options.model, options.size, feeding, options.threads)
    if not options.frames.is_dir():
        raise Refusal(f'Cannot label "{options.frames}": there is no such folder.')
    frames = sorted(path for path in options.frames.iterdir() if path.suffix.lower() in EXTENSIONS)
    if not frames:
        raise Refusal(f'Cannot label "{options.frames}": it holds no .png or .jpg.')
    for kind in ("labels", "confidence", *(["soft"] if options.soft else [])):
        (options.out / kind).mkdir(parents=True, exist_ok=True)
    counts, confidences = np.zeros(0, np.int64), []
    for number, path in enumerate(frames, start=1):
        seen, confidence = label(teacher, path, options.out, options.soft)
        counts = seen if number == 1 else counts + seen
        confidences.append(confidence)
        if number % 20 == 0 or number == len(frames):
            print(f"{number} of {len(frames)} frames, mean confidence {np.mean(confidences):.3f}")
    shares = {number: share for number, share in enumerate(counts / counts.sum()) if share >= 0.001}
    print("classes:", ", ".join(f"{number} {100 * share:.1f}%" for number, share in shares.items()))


if __name__ == "__main__":
    run(main)
