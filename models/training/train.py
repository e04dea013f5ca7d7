"""Trains Fast-SCNN and writes weights that segstream loads.

    python train.py --config data.json --steps 26000 --out weights.safetensors

Beside the weights it writes weights.csv and weights.png, how it went, and weights.checkpoint, from
which --resume goes on at the very step where it stopped.
"""

import argparse
import os
import signal
import threading
from pathlib import Path

# Threads that wait by spinning make a machine that does anything else several times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

import curve
from config import parse_size, read_config
from refusal import Refusal, run
from training import Pace, Recipe, Training
from weights import ENCODER, MODULES, export


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--config", type=Path, required=True, help="the sources, see data.example.json"
    )
    parser.add_argument("--steps", type=int, required=True, help="how long the schedule is")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors file to write")
    begin = parser.add_argument_group("where to begin")
    begin.add_argument("--init", type=Path, help="all weights of a .safetensors file or checkpoint")
    begin.add_argument("--pretrained", type=Path, help="only its layers before the fusion")
    begin.add_argument("--resume", type=Path, help="a checkpoint of this program")
    recipe = parser.add_argument_group("recipe")
    recipe.add_argument("--batch", type=int, default=Recipe.batch)
    recipe.add_argument("--crop", default="512x256", help="width x height (default: %(default)s)")
    recipe.add_argument(
        "--rate", type=float, default=Recipe.rate, help="peak (default: %(default)s)"
    )
    recipe.add_argument("--decay", type=float, default=Recipe.decay)
    recipe.add_argument("--seed", type=int, default=Recipe.seed)
    recipe.add_argument(
        "--coarse", action="store_true", help="use the sources marked coarse as well"
    )
    recipe.add_argument("--skip", choices=("keep", "zero"), default="keep")
    machine = parser.add_argument_group("machine")
    machine.add_argument("--device", help="cpu or cuda (default: cuda where there is one)")
    machine.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto")
    machine.add_argument("--threads", type=int, help="of the CPU (default: all)")
    progress = parser.add_argument_group("progress")
    progress.add_argument("--until", type=int, help="stop early at this step of the schedule")
    progress.add_argument("--every", type=int, default=200, help="steps between lines")
    progress.add_argument("--validate-every", type=int, default=1000)
    progress.add_argument("--save-every", type=int, default=1000, help="steps between checkpoints")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse_options(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    training = begin(options, device)
    recipe = training.recipe
    paths = {kind: options.out.with_suffix(f".{kind}") for kind in ("csv", "png", "checkpoint")}
    until = min(options.until or recipe.steps, recipe.steps)
    pictures = sum(len(source.pictures) for source in training.config.sources)
    print(
        f"{pictures} pictures, {recipe.precision} on {device}, "
        f"step {training.step} of {recipe.steps}"
    )

    def report(row: curve.Row) -> None:
        miou = "" if row.miou is None else f"  mIoU {100 * row.miou:5.2f}"
        left = (until - row.step) * row.step_ms / 60_000
        print(
            f"step {row.step:6}  loss {row.loss:.4f}  rate {row.rate:.2e}  "
            f"{row.step_ms:5.0f} ms/step  {left:5.1f} min left{miou}",
            flush=True,
        )
        curve.write_csv(paths["csv"], training.rows)
        curve.draw(paths["png"], training.rows, options.out.stem)

    stopped = stop_at_signals()
    training.run(
        until,
        Pace(options.every, options.validate_every, options.save_every),
        report=report,
        save=lambda: training.save(paths["checkpoint"]),
        stopped=stopped,
    )
    notes = {
        "class_set": "cityscapes-train",
        "version": options.out.stem,
        "steps": str(training.step),
    }
    export(options.out, training.average.state, training.network.traits, notes)
    print(f"wrote {options.out} and {', '.join(str(path) for path in paths.values())}")
    if stopped.is_set():
        print(f"stopped at step {training.step}; go on with --resume {paths['checkpoint']}")
        return 130
    return 0


def begin(options: argparse.Namespace, device: torch.device) -> Training:
    """A training as the options ask for it, at its first step or where it was resumed."""
    given = [name for name in ("init", "pretrained", "resume") if getattr(options, name)]
    if len(given) > 1:
        raise Refusal(f"Cannot begin from --{given[0]} and --{given[1]} at once. Name one of them.")
    if not options.out.parent.is_dir():
        raise Refusal(f'Cannot write "{options.out}": there is no folder "{options.out.parent}".')
    recipe = Recipe(
        steps=options.steps,
        batch=options.batch,
        crop=parse_size(options.crop),
        rate=options.rate,
        decay=options.decay,
        seed=options.seed,
        skip=options.skip,
        precision=choose_precision(options.precision, device),
    )
    training = Training(read_config(options.config, coarse=options.coarse), recipe, device)
    if options.resume:
        training.restore(options.resume)
    if options.init:
        training.begin_from(options.init, MODULES)
    if options.pretrained:
        training.begin_from(options.pretrained, ENCODER)
    return training


def choose_precision(wanted: str, device: torch.device) -> str:
    """bf16 where the hardware multiplies it; elsewhere it is emulated, and slower than fp32."""
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return "bf16" if any(getattr(torch.cpu, probe, bool)() for probe in probes) else "fp32"


def stop_at_signals() -> threading.Event:
    """Set by the first Ctrl-C or SIGTERM; the second one ends the program at once."""
    stopped = threading.Event()

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopped


if __name__ == "__main__":
    run(main)
