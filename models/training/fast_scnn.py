"""Fast-SCNN (Poudel, Liwicki, Cipolla 2019, arXiv 1902.04502), as segstream runs it.

Module names are those of the public PyTorch checkpoints, so that a state dict is already what the
loader reads. Sections and tables in the docstrings are the paper's.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

SIDE_STEP = 32
"""Sides of the input are multiples of this: the deepest features are smaller by it."""

EXPANSION = 6
PYRAMID_BINS = (1, 2, 3, 6)


@dataclass(frozen=True)
class Traits:
    """What the file's metadata has to say beside the tensors."""

    classes: int = 19
    first_padding: int = 1
    align_corners: bool = False


def _dense(inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    ]


def _depthwise(channels: int, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    ]


class Layers(nn.Module):
    """Layers in a row, under the name `conv` that the public layout gives them."""

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.conv = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


def separable(inputs: int, outputs: int, stride: int = 1) -> Layers:
    """§3.1: depthwise 3×3, then pointwise, each with batch norm and ReLU."""
    return Layers(_depthwise(inputs, stride) + _dense(inputs, outputs, 1, 1, 0))


class LearningToDownsample(nn.Module):
    """§3.2.1: features at 1/8 for both branches."""

    def __init__(self, first_padding: int) -> None:
        super().__init__()
        self.conv = Layers(_dense(3, 32, 3, 2, first_padding))
        self.dsconv1 = separable(32, 48, 2)
        self.dsconv2 = separable(48, 64, 2)

    def forward(self, image: Tensor) -> Tensor:
        return self.dsconv2(self.dsconv1(self.conv(image)))


class Bottleneck(nn.Module):
    """Table 2: expand, filter each channel, project; added to its input where shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        wide = EXPANSION * inputs
        self.is_residual = stride == 1 and inputs == outputs
        self.block = nn.Sequential(
            Layers(_dense(inputs, wide, 1, 1, 0)),
            Layers(_depthwise(wide, stride)),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        projected = self.block(x)
        return x + projected if self.is_residual else projected


class PyramidPooling(nn.Module):
    """The features beside their averages over 1, 4, 9 and 36 regions (PSPNet)."""

    def __init__(self, channels: int, align_corners: bool) -> None:
        super().__init__()
        self.align_corners = align_corners
        for index, _ in enumerate(PYRAMID_BINS, start=1):
            reduced = channels // len(PYRAMID_BINS)
            self.add_module(f"conv{index}", Layers(_dense(channels, reduced, 1, 1, 0)))
        self.out = Layers(_dense(2 * channels, channels, 1, 1, 0))

    def forward(self, x: Tensor) -> Tensor:
        branches = [x]
        for index, bins in enumerate(PYRAMID_BINS, start=1):
            pooled = self.get_submodule(f"conv{index}")(F.adaptive_avg_pool2d(x, bins))
            branches.append(resize(pooled, x.shape[-2:], self.align_corners))
        return self.out(torch.cat(branches, dim=1))


class GlobalFeatureExtractor(nn.Module):
    """§3.2.2: context at 1/32."""

    def __init__(self, align_corners: bool) -> None:
        super().__init__()
        self.bottleneck1 = self._stage(64, 64, 2)
        self.bottleneck2 = self._stage(64, 96, 2)
        self.bottleneck3 = self._stage(96, 128, 1)
        self.ppm = PyramidPooling(128, align_corners)

    @staticmethod
    def _stage(inputs: int, outputs: int, stride: int) -> nn.Sequential:
        return nn.Sequential(
            Bottleneck(inputs, outputs, stride),
            Bottleneck(outputs, outputs, 1),
            Bottleneck(outputs, outputs, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.ppm(self.bottleneck3(self.bottleneck2(self.bottleneck1(x))))


class FeatureFusion(nn.Module):
    """§3.2.3, Table 3: both branches at 1/8."""

    def __init__(self, align_corners: bool) -> None:
        super().__init__()
        self.align_corners = align_corners
        self.dwconv = Layers(_depthwise(128, 1))
        self.conv_lower_res = nn.Sequential(nn.Conv2d(128, 128, 1), nn.BatchNorm2d(128))
        self.conv_higher_res = nn.Sequential(nn.Conv2d(64, 128, 1), nn.BatchNorm2d(128))

    def forward(self, detail: Tensor, context: Tensor) -> Tensor:
        upsampled = resize(context, detail.shape[-2:], self.align_corners)
        lower = self.conv_lower_res(self.dwconv(upsampled))
        return F.relu(lower + self.conv_higher_res(detail))


class Classifier(nn.Module):
    """§3.2.4: logits at 1/8."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.dsconv1 = separable(128, 128)
        self.dsconv2 = separable(128, 128)
        self.conv = nn.Sequential(nn.Dropout(0.1), nn.Conv2d(128, classes, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.dsconv2(self.dsconv1(x)))


class AuxiliaryHead(nn.Sequential):
    """A small classifier on one branch: it makes that branch useful by itself, then is dropped."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__(*_dense(inputs, 32, 3, 1, 1), nn.Dropout(0.1), nn.Conv2d(32, classes, 1))


class FastScnn(nn.Module):
    """The network.

    Shapes: image float32 [batch, 3, height, width], (RGB/255 − MEAN) / STD, sides multiples of
    SIDE_STEP; logits [batch, classes, height/8, width/8].

    `skip="zero"` feeds zeros to the fusion instead of the high-resolution features, as the paper
    does to show what they are worth.
    """

    def __init__(self, traits: Traits = Traits(), *, skip: str = "keep", auxiliary: bool = False):
        super().__init__()
        self.traits = traits
        self.skip = skip
        self.learning_to_downsample = LearningToDownsample(traits.first_padding)
        self.global_feature_extractor = GlobalFeatureExtractor(traits.align_corners)
        self.feature_fusion = FeatureFusion(traits.align_corners)
        self.classifier = Classifier(traits.classes)
        if auxiliary:
            self.auxiliary_detail = AuxiliaryHead(64, traits.classes)
            self.auxiliary_context = AuxiliaryHead(128, traits.classes)

    def forward(self, image: Tensor) -> Tensor:
        return self.with_auxiliary(image, heads=False)[0]

    def with_auxiliary(self, image: Tensor, heads: bool = True) -> list[Tensor]:
        """The logits, then those of the auxiliary heads: at 1/8 and at 1/32."""
        detail = self.learning_to_downsample(image)
        context = self.global_feature_extractor(detail)
        skipped = detail if self.skip == "keep" else torch.zeros_like(detail)
        logits = [self.classifier(self.feature_fusion(skipped, context))]
        if heads:
            logits += [self.auxiliary_detail(detail), self.auxiliary_context(context)]
        return logits


def resize(x: Tensor, size: tuple[int, int] | torch.Size, align_corners: bool = False) -> Tensor:
    """Bilinear, to [height, width]."""
    return F.interpolate(x, tuple(size), mode="bilinear", align_corners=align_corners)


def normalise(rgb: Tensor) -> Tensor:
    """What the network is fed: RGB of 0–1, [batch, 3, height, width]."""
    mean = torch.tensor(MEAN, device=rgb.device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=rgb.device).view(1, 3, 1, 1)
    return (rgb - mean) / std
