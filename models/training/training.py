"""One training: the network, what drives it, and the means to stop and go on at any step."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event

import numpy as np
import torch

from config import Config
from curve import Row
from data import Dataset, class_frequencies
from evaluate import evaluate
from fast_scnn import SIDE_STEP, FastScnn, Traits, normalise
from losses import Criterion
from refusal import Refusal
from schedule import EMA_EVERY, Average, learning_rate, parameter_groups
from weights import copy_into, read_checkpoint_tensors

GRADIENT_CLIP = 5.0


@dataclass(frozen=True)
class Recipe:
    """What decides the result; a resumed training must have the same."""

    steps: int
    batch: int = 8
    crop: tuple[int, int] = (512, 256)
    rate: float = 3e-3
    decay: float = 0.01
    seed: int = 0
    skip: str = "keep"
    precision: str = "bf16"

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 2:
            raise Refusal("Cannot train: there must be 1 step and crops for a batch of 2 at least.")
        if any(side < 1 or side % SIDE_STEP for side in self.crop):
            raise Refusal(f"Cannot train on crops of {self.crop}: take multiples of {SIDE_STEP}.")


@dataclass(frozen=True)
class Pace:
    """Steps between rows, between validations, and between checkpoints."""

    report: int
    validate: int
    save: int


class Training:
    """Trains a network on a configuration's sources.

    Everything random comes from the seed and the number of the step, so that step 1000 is the same
    whether the program ran through or was resumed at 999. On one machine with the same number of
    threads it is the same to the bit in fp32.
    """

    def __init__(self, config: Config, recipe: Recipe, device: torch.device) -> None:
        if not config.sources:
            raise Refusal('Cannot train: the configuration has no "sources". List one at least.')
        self.config = config
        self.recipe = recipe
        self.device = device
        self.step = 0
        self.rows: list[Row] = []
        torch.manual_seed(recipe.seed)
        self.network = FastScnn(Traits(), skip=recipe.skip, auxiliary=True)
        self.network.to(device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.network, recipe.decay), recipe.rate
        )
        self.average = Average(self.network)
        self.frequencies = class_frequencies(config)
        self.criterion = Criterion(config.sets.table(), self.frequencies, device)
        self.dataset = Dataset(config, size=recipe.crop, batch=recipe.batch, seed=recipe.seed)

    def begin_from(self, path: Path, modules: tuple[str, ...]) -> None:
        """Takes these modules' weights from a file instead of random ones."""
        with torch.no_grad():
            copy_into(self.network, read_checkpoint_tensors(path), modules, path)
        self.average = Average(self.network)

    def run(
        self,
        until: int,
        pace: Pace,
        *,
        report: Callable[[Row], None],
        save: Callable[[], None],
        stopped: Event,
    ) -> None:
        """Trains up to a step or until `stopped` is set, the next batch being drawn meanwhile."""
        losses: list[float] = []
        begun = time.perf_counter()
        with ThreadPoolExecutor(1) as pool:
            following = pool.submit(self.dataset.draw, self.step)
            while self.step < until and not stopped.is_set():
                batch = following.result()
                following = pool.submit(self.dataset.draw, self.step + 1)
                losses.append(self._learn(batch))
                is_end = self.step == until or stopped.is_set()
                is_validated = self.step % pace.validate == 0 or self.step == self.recipe.steps
                if is_end or is_validated or self.step % pace.report == 0:
                    step_ms = 1000 * (time.perf_counter() - begun) / len(losses)
                    miou = self.validate() if is_validated and self.config.validation else None
                    rate = self.optimizer.param_groups[0]["lr"]
                    self.rows.append(Row(self.step, float(np.mean(losses)), rate, step_ms, miou))
                    report(self.rows[-1])
                    losses.clear()
                    begun = time.perf_counter()
                if is_end or self.step % pace.save == 0:
                    save()

    def _learn(self, batch) -> float:
        """One step; gives its loss."""
        recipe, network = self.recipe, self.network
        torch.manual_seed(recipe.seed * 1_000_003 + self.step)  # of the dropout
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, recipe.steps, recipe.rate)
        network.train()
        image = normalise(batch.rgb(self.device))
        half = recipe.precision == "bf16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            logits = network.with_auxiliary(image)
        loss = self.criterion(logits, self.criterion.target(batch))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_CLIP)
        self.optimizer.step()
        self.step += 1
        if self.step % EMA_EVERY == 0:
            self.average.update(network)
        value = loss.item()
        if not np.isfinite(value):
            raise Refusal(f"Cannot go on: the loss of step {self.step} is {value}. Lower --rate.")
        return value

    def averaged(self) -> FastScnn:
        """The network with averaged weights, without auxiliary heads, ready to be evaluated."""
        network = FastScnn(self.network.traits, skip=self.recipe.skip)
        network.load_state_dict(self.average.state, strict=False)
        return network.to(self.device, memory_format=torch.channels_last).eval()

    def validate(self) -> float:
        """mIoU of the averaged weights, the mean over the validation sets."""
        network = self.averaged()
        sets = self.config.sets
        return float(
            np.mean([evaluate(network, each, sets).miou() for each in self.config.validation])
        )

    def save(self, path: Path) -> None:
        """Writes all that is needed to go on; the file appears whole or not at all."""
        checkpoint = {
            "recipe": asdict(self.recipe),
            "step": self.step,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.saved(),
            "rows": [asdict(row) for row in self.rows],
        }
        partial = Path(f"{path}.partial")
        torch.save(checkpoint, partial)
        os.replace(partial, path)

    def restore(self, path: Path) -> None:
        """Goes back to where `save` was called, under the same recipe."""
        try:
            checkpoint = torch.load(path, map_location=self.device, weights_only=True)
        except Exception as cause:  # pickle and zip errors have no common class
            raise Refusal(f'Cannot resume from "{path}": {cause}') from cause
        then, now = checkpoint["recipe"], asdict(self.recipe)
        changed = [key for key in now if list_to_tuple(then[key]) != list_to_tuple(now[key])]
        if changed:
            key = changed[0]
            raise Refusal(
                f'Cannot resume from "{path}": its {key} is {then[key]}, and now it is {now[key]}. '
                f"Give it the options that it began with."
            )
        self.step = checkpoint["step"]
        self.network.load_state_dict(checkpoint["network"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        self.average.restore(checkpoint["average"])
        self.rows = [Row(**row) for row in checkpoint["rows"]]


def list_to_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
