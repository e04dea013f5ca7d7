"""How fast to learn at each step, and what to keep of what was learnt."""

import math

import torch
from torch import Tensor, nn

WARM_UP = 0.05
START = 1 / 25
FINAL = 1e-3
"""The last rate, in parts of the first."""

EMA_EVERY = 10
EMA_DECAY = 0.99


def learning_rate(step: int, steps: int, peak: float) -> float:
    """One cycle (Smith and Topin, arXiv 1708.07120): up to the peak and down, along cosines."""
    warm_up = max(1, round(WARM_UP * steps))
    low, floor = peak * START, peak * START * FINAL
    if step < warm_up:
        return _cosine(low, peak, step / warm_up)
    return _cosine(peak, floor, (step - warm_up) / max(1, steps - 1 - warm_up))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(1, share))) / 2


class Average:
    """An exponential moving average of a network's values: parameters and batch statistics.

    Young averages follow quickly, so that the random beginning is soon forgotten.
    """

    def __init__(self, network: nn.Module) -> None:
        self.updates = 0
        self.state = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        decay = min(EMA_DECAY, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1 - decay)
            else:
                self.state[name].copy_(value)

    def saved(self) -> dict[str, int | dict[str, Tensor]]:
        return {"updates": self.updates, "state": self.state}

    def restore(self, saved: dict) -> None:
        self.updates = saved["updates"]
        for name, value in saved["state"].items():
            self.state[name].copy_(value)


def parameter_groups(network: nn.Module, decay: float) -> list[dict]:
    """Weight decay on full convolutions only: not on depthwise kernels, norms and biases."""
    decayed, free = [], []
    for module in network.modules():
        is_full = isinstance(module, nn.Conv2d) and module.groups == 1
        for name, parameter in module.named_parameters(recurse=False):
            (decayed if is_full and name == "weight" else free).append(parameter)
    return [
        {"params": decayed, "weight_decay": decay},
        {"params": free, "weight_decay": 0.0},
    ]
