"""How a training went: a CSV for programs and a picture for people."""

import csv
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont


@dataclass(frozen=True)
class Row:
    """What is known after some steps."""

    step: int
    loss: float
    """Mean since the row before."""
    rate: float
    """Learning rate."""
    step_ms: float
    miou: float | None
    """Mean over the validation sets, 0 to 1, of the averaged weights; None where not measured."""


def write_csv(path: Path, rows: list[Row]) -> None:
    partial = Path(f"{path}.partial")
    with partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        for row in rows:
            shown = {
                "loss": f"{row.loss:.5f}",
                "rate": f"{row.rate:.3e}",
                "step_ms": f"{row.step_ms:.1f}",
            }
            miou = "" if row.miou is None else f"{row.miou:.5f}"
            writer.writerow({**asdict(row), **shown, "miou": miou})
    os.replace(partial, path)


SIZE = (880, 420)
MARGIN = (56, 34, 56, 40)
"""Left, top, right, bottom."""

LOSS_COLOUR = (196, 78, 60)
MIOU_COLOUR = (44, 98, 168)
GRID_COLOUR = (226, 226, 226)
TEXT_COLOUR = (70, 70, 70)
LINES = 5


def draw(path: Path, rows: list[Row], title: str) -> None:
    """A PNG with the loss (left axis) and the mIoU (right axis, from 0) over the steps."""
    if not rows:
        return
    image = Image.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(13)
    left, top = MARGIN[:2]
    right, bottom = SIZE[0] - MARGIN[2], SIZE[1] - MARGIN[3]
    last = rows[-1].step
    losses = [(row.step, row.loss) for row in rows]
    mious = [(row.step, 100 * row.miou) for row in rows if row.miou is not None]
    loss_top = ceiling(max(loss for _, loss in losses))
    miou_top = ceiling(max((miou for _, miou in mious), default=1))
    for line in range(LINES + 1):
        share = line / LINES
        y = bottom - share * (bottom - top)
        x = left + share * (right - left)
        pen.line([(left, y), (right, y)], GRID_COLOUR)
        pen.text((left - 8, y), f"{share * loss_top:g}", LOSS_COLOUR, font, "rm")
        if mious:
            pen.text((right + 8, y), f"{share * miou_top:g}", MIOU_COLOUR, font, "lm")
        pen.text((x, bottom + 8), f"{round(share * last)}", TEXT_COLOUR, font, "mt")
    pen.text((left, 10), "loss", LOSS_COLOUR, font, "lt")
    pen.text(((left + right) / 2, 10), title, TEXT_COLOUR, font, "mt")
    if mious:
        pen.text((right, 10), f"mIoU, % (last: {mious[-1][1]:.1f})", MIOU_COLOUR, font, "rt")
    for points, highest, colour in (
        (losses, loss_top, LOSS_COLOUR),
        (mious, miou_top, MIOU_COLOUR),
    ):
        places = [
            (left + step / last * (right - left), bottom - value / highest * (bottom - top))
            for step, value in points
        ]
        pen.line(places, colour, 2, "curve")
        for x, y in places:
            pen.ellipse([x - 2, y - 2, x + 2, y + 2], colour)
    image.save(path, optimize=True)


def ceiling(value: float) -> float:
    """The next round number that LINES divides evenly."""
    unit = 10.0 ** len(str(int(value))) / 100
    steps = LINES * unit
    return max(steps, steps * -(-value // steps))
