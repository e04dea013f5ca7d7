"""Shows that training works here: 300 steps on 64 drawn frames, 16 others held out.

    python self_test.py [--out DIR]

segstream draws a street, of which every pixel's class is known. The layers before the fusion are
those of the default weights (--pretrained), the fusion and the classifier begin as noise; the
network must reach a mean IoU of 0.60 on the frames that it has not seen. It takes a few minutes and
leaves the curve in DIR. Where PyTorch or Deno is missing, it says so and ends well.
"""

import argparse
import csv
import importlib.util
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from refusal import Refusal, run

REPOSITORY = Path(__file__).resolve().parents[2]

PRETRAINED = REPOSITORY / "models" / "fast_scnn_street19_v0.safetensors"

STREET = "street:size=1024x512,fps=1,seconds=80,seed=54"
"""Of the first sixty streets the one where rare classes are least rare."""

STEPS = 300
GOAL = 0.60

SOURCE = {
    "name": "drawn street",
    "images": "frames/*[!27].png",
    "labels": "labels/*[!27].png",
    "map": "trainIds",
    "scale": [0.8, 1.3],
    "colour": 0.3,
}
HELD_OUT = {
    "name": "held out",
    "images": "frames/*[27].png",
    "labels": "labels/*[27].png",
    "map": "trainIds",
    "size": "1024x512",
}
OPTIONS = {
    "--steps": STEPS,
    "--batch": 16,
    "--rate": 5e-3,
    "--pretrained": PRETRAINED,
    "--every": 25,
    "--validate-every": 100,
}


def missing() -> str | None:
    """What this machine lacks, or None."""
    for module in ("torch", "numpy", "PIL"):
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed (pip install -r requirements.txt)"
    if shutil.which("deno") is None:
        return "deno, which draws the street, is not on the path"
    return None


def draw_street(folder: Path) -> None:
    command = ["deno", "run", "-q", "-P", "mod.ts", STREET, "--quiet", "--overwrite"]
    outputs = ["--frames-out", str(folder / "frames"), "--labels-out", str(folder / "labels")]
    drawn = subprocess.run([*command, *outputs], cwd=REPOSITORY, capture_output=True, text=True)
    if drawn.returncode != 0:
        raise Refusal(f"Cannot draw the street: {drawn.stderr.strip()}")


def test(folder: Path) -> int:
    from train import main as train

    begun, cpu_begun = time.perf_counter(), time.process_time()
    draw_street(folder)
    config = folder / "self_test.json"
    config.write_text(json.dumps({"sources": [SOURCE], "validation": [HELD_OUT]}, indent=2))
    files = {"--config": config, "--out": folder / "self_test.safetensors"}
    train([str(part) for option in (files | OPTIONS).items() for part in option])
    with (folder / "self_test.csv").open() as file:
        mious = [float(row["miou"]) for row in csv.DictReader(file) if row["miou"]]
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu_begun
    verdict = "passed" if mious[-1] >= GOAL else "FAILED"
    print(
        f"{verdict}: mIoU {mious[-1]:.3f} after {STEPS} steps (goal {GOAL:.2f}), "
        f"{wall:.0f} s, {cpu:.0f} s of CPU"
    )
    return 0 if verdict == "passed" else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="where to leave frames, weights and the curve")
    options = parser.parse_args()
    reason = missing()
    if reason is not None:
        print(f"skipped: {reason}")
        return 0
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        return test(options.out)
    with tempfile.TemporaryDirectory(prefix="segstream_training_") as folder:
        return test(Path(folder))


if __name__ == "__main__":
    run(main)
