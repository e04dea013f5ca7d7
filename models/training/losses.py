"""The loss: cross-entropy that understands labels which allow several classes."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from data import Batch
from fast_scnn import resize
from labels import IGNORE

AUXILIARY_WEIGHT = 0.3
SMOOTHING = 0.03
WEIGHT_BASE = 1.10


@dataclass(frozen=True)
class Target:
    """What the pixels of a batch may be.

    Shapes: penalty [batch, classes, height, width], 0 for what a label allows and −∞ elsewhere;
    soft, of the same shape, and is_soft [batch, 1, 1], or None; weight [batch, height, width], 0
    where nothing counts.
    """

    penalty: Tensor
    soft: Tensor | None
    is_soft: Tensor
    weight: Tensor


class Criterion:
    """The loss of a batch's logits, those of the auxiliary heads included."""

    def __init__(self, allowed: np.ndarray, frequencies: np.ndarray, device: torch.device) -> None:
        """allowed: bool [sets, classes]; frequencies: [classes]."""
        table = torch.from_numpy(allowed)
        self.penalty = torch.zeros(table.shape).masked_fill_(~table, -torch.inf).to(device)
        self.class_weights = class_weights(torch.from_numpy(frequencies).float()).to(device)
        parts = table / table.sum(1, keepdim=True)
        self.set_weights = parts.to(device) @ self.class_weights

    def target(self, batch: Batch) -> Target:
        device = self.penalty.device
        codes = batch.codes.to(device).long()
        counts = codes != IGNORE
        numbers = codes.where(counts, torch.zeros_like(codes))
        weight = self.set_weights[numbers] * counts
        is_soft = batch.is_soft.to(device)[:, None, None]
        soft = batch.soft
        if soft is not None:
            soft = soft.to(device)
            weight = torch.where(
                is_soft, torch.einsum("bchw,c->bhw", soft, self.class_weights), weight
            )
        return Target(self.penalty[numbers].permute(0, 3, 1, 2), soft, is_soft, weight)

    def __call__(self, logits: list[Tensor], target: Target) -> Tensor:
        """The first logits count fully, the others by AUXILIARY_WEIGHT."""
        main, *auxiliary = (self._loss(each, target) for each in logits)
        return main + AUXILIARY_WEIGHT * sum(auxiliary)

    def _loss(self, logits: Tensor, target: Target) -> Tensor:
        likely = F.log_softmax(resize(logits.float(), target.weight.shape[-2:]), dim=1)
        loss = -torch.logsumexp(likely + target.penalty, dim=1)
        if target.soft is not None:
            loss = torch.where(target.is_soft, -(target.soft * likely).sum(1), loss)
        smoothed = (1 - SMOOTHING) * loss - SMOOTHING * likely.mean(1)
        return (smoothed * target.weight).sum() / target.weight.sum().clamp_min(1e-6)


def class_weights(frequencies: Tensor) -> Tensor:
    """1/ln(1.10 + frequency), which favours rare classes (ENet, arXiv 1606.02147)."""
    return 1 / torch.log(WEIGHT_BASE + frequencies)
