"""The list of sources that a training draws from: a JSON file, its paths relative to itself."""

import json
import re
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path

import numpy as np

from labels import LabelSets
from refusal import Refusal

SOURCE_KEYS = {
    "name", "images", "labels", "map", "teacher", "confidence", "minConfidence", "weight", "scale",
    "colour", "coarse", "note",
}  # fmt: skip
VALIDATION_KEYS = {"name", "images", "labels", "map", "size", "note"}


@dataclass(frozen=True)
class Picture:
    """The files that belong to one frame."""

    image: Path
    labels: Path | None = None
    teacher: Path | None = None
    confidence: Path | None = None


@dataclass(frozen=True)
class Source:
    """Frames of one kind, how often they are drawn and how large they are shown."""

    name: str
    pictures: list[Picture]
    codes: np.ndarray
    """uint8 [256]: see LabelSets.read_map."""
    min_confidence: float
    """Labels of which a teacher is less sure do not count."""
    weight: float
    scale: tuple[float, float]
    """Least and largest size of the picture's pixels in pixels of the crop."""
    colour: float = 1.0
    """How strongly colours are changed; 0 leaves them as they are."""


@dataclass(frozen=True)
class Validation:
    """Annotated frames that are held out."""

    name: str
    pictures: list[Picture]
    codes: np.ndarray
    size: tuple[int, int] | None
    """Width and height of the network's input; that of the picture where there is none."""


@dataclass(frozen=True)
class Config:
    sources: list[Source]
    validation: list[Validation]
    sets: LabelSets = field(repr=False)


def read_config(path: str | Path, *, coarse: bool = False) -> Config:
    """Reads a configuration and finds its files; `coarse` takes those marked coarse as well."""
    try:
        content = json.loads(Path(path).read_text())
    except (OSError, ValueError) as cause:
        raise Refusal(f'Cannot read the configuration "{path}": {cause}.') from cause
    return parse_config(content, Path(path).parent, coarse=coarse)


def parse_config(content: dict, root: Path, *, coarse: bool = False) -> Config:
    """A configuration that is already JSON; `root` is where its paths start."""
    sets = LabelSets()
    entries = [entry for entry in content.get("sources", []) if coarse or not entry.get("coarse")]
    sources = [_source(entry, root, sets) for entry in entries]
    validation = [_validation(entry, root, sets) for entry in content.get("validation", [])]
    return Config(sources, validation, sets)


def parse_size(text: str) -> tuple[int, int]:
    """ "480x352" as width and height."""
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None:
        raise Refusal(f'Cannot use size "{text}": it is written like 512x256.')
    return int(match[1]), int(match[2])


def _source(entry: dict, root: Path, sets: LabelSets) -> Source:
    name = _checked(entry, SOURCE_KEYS)
    if not ("labels" in entry or "teacher" in entry):
        raise Refusal(f'Cannot use source "{name}": give it "labels", a "teacher", or both.')
    low, high = entry.get("scale", [0.5, 2.0])
    weight = float(entry.get("weight", 1))
    if not (0 < low <= high and weight > 0):
        raise Refusal(f'Cannot use source "{name}": scales and weight must be above 0.')
    return Source(
        name,
        _pictures(entry, root, name),
        sets.read_map(entry.get("map", "trainIds")),
        float(entry.get("minConfidence", 0)),
        weight,
        (low, high),
        float(entry.get("colour", 1)),
    )


def _validation(entry: dict, root: Path, sets: LabelSets) -> Validation:
    name = _checked(entry, VALIDATION_KEYS)
    size = parse_size(entry["size"]) if "size" in entry else None
    codes = sets.read_map(entry.get("map", "trainIds"))
    return Validation(name, _pictures(entry, root, name), codes, size)


def _checked(entry: dict, keys: set[str]) -> str:
    name = str(entry.get("name", entry.get("images", "?")))
    unknown = sorted(set(entry) - keys)
    if unknown:
        known = ", ".join(sorted(keys))
        raise Refusal(f'Cannot use "{name}": "{unknown[0]}" is no setting; there are {known}.')
    if "images" not in entry:
        raise Refusal(f'Cannot use "{name}": it has no "images".')
    return name


def _pictures(entry: dict, root: Path, name: str) -> list[Picture]:
    """Pairs files by what the wildcards of their patterns stand for."""
    images = _matches(root, entry["images"])
    if not images:
        raise Refusal(f'Cannot use "{name}": no file matches "{entry["images"]}".')
    others = {
        kind: _matches(root, entry[kind])
        for kind in ("labels", "teacher", "confidence")
        if kind in entry
    }
    for kind, files in others.items():
        missing = sorted(set(images) - set(files))
        if missing:
            raise Refusal(
                f'Cannot use "{name}": "{images[missing[0]]}" has no {kind}; '
                f'nothing fits "{entry[kind]}".'
            )
    return [
        Picture(image, **{kind: files[key] for kind, files in others.items()})
        for key, image in sorted(images.items())
    ]


def _matches(root: Path, pattern: str) -> dict[tuple[str, ...], Path]:
    """The files that a glob finds, by what its wildcards (*, ? and [...]) stand for in each."""
    whole = str(root / pattern)
    regex = re.compile("".join(map(_regex_of, re.split(r"(\*|\?|\[[^\]]*\])", whole))))
    found = {}
    for path in glob(whole):
        match = regex.fullmatch(path)
        if match is not None:
            found[match.groups()] = Path(path)
    return found


def _regex_of(part: str) -> str:
    """A part of a glob: a wildcard, which is captured, or plain text."""
    if part in ("*", "?"):
        return "([^/]*)" if part == "*" else "([^/])"
    if part.startswith("["):
        return f"({part.replace('[!', '[^')})"
    return re.escape(part)
