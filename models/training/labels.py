"""What the codes of an annotation mean: each allows one class of the network, or several.

A coarse class ("building" where the network knows building and wall) allows several fine ones. All
that a configuration's sources allow are numbered here, so that a label map of any source is one
byte a pixel: the first numbers are the classes themselves, then come the sets of several.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from refusal import Refusal

CLASSES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign",
    "vegetation", "terrain", "sky", "person", "rider", "car", "truck", "bus", "train",
    "motorcycle", "bicycle",
)  # fmt: skip
"""The 19 train classes of Cityscapes; the position is the train id."""

IGNORE = 255
"""The label of what does not count."""

LABEL_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
"""Cityscapes' label id of each train id, from the data set's definitions."""

CAMVID_11: dict[str, tuple[str, ...]] = {
    "0": ("sky",),
    "1": ("building", "wall"),
    "2": ("pole",),
    "3": ("road",),
    "4": ("sidewalk",),
    "5": ("vegetation", "terrain"),
    "6": ("traffic light", "traffic sign"),
    "7": ("fence",),
    "8": ("car", "truck", "bus", "train"),
    "9": ("person",),
    "10": ("rider", "motorcycle", "bicycle"),
}
"""CamVid as SegNet's tutorial has it; 11 is void."""

NAMED_MAPS: dict[str, Mapping[str, str | Iterable[str]]] = {
    "trainIds": {str(train_id): name for train_id, name in enumerate(CLASSES)},
    "labelIds": {str(code): name for code, name in zip(LABEL_IDS, CLASSES)},
    "camvid11": CAMVID_11,
}


class LabelSets:
    """The sets of classes that labels allow, by number: 0 to 18 are single classes."""

    def __init__(self) -> None:
        self.sets: list[tuple[int, ...]] = [(index,) for index in range(len(CLASSES))]

    def number(self, classes: Iterable[int]) -> int:
        """The number of a set; a new one where it is not yet known."""
        wanted = tuple(sorted(set(classes)))
        if wanted not in self.sets:
            if len(self.sets) == IGNORE:
                raise Refusal("Cannot use more than 255 different sets of classes. Join some.")
            self.sets.append(wanted)
        return self.sets.index(wanted)

    def table(self) -> np.ndarray:
        """bool [sets, classes]: what each allows."""
        table = np.zeros((len(self.sets), len(CLASSES)), bool)
        for row, allowed in zip(table, self.sets):
            row[list(allowed)] = True
        return table

    def read_map(self, description: object) -> np.ndarray:
        """uint8 [256]: the set that each code of an annotation stands for, or IGNORE.

        A description is the name of a known map, or an object {"code": class or [classes]} in which
        codes that are not listed do not count.
        """
        if isinstance(description, str):
            if description not in NAMED_MAPS:
                known = ", ".join(NAMED_MAPS)
                raise Refusal(f'Cannot use label map "{description}". Name one of {known}.')
            description = NAMED_MAPS[description]
        if not isinstance(description, Mapping):
            raise Refusal(f'Cannot use label map {description}: it must be {{"code": "class"}}.')
        codes = np.full(256, IGNORE, np.uint8)
        for code, names in description.items():
            if not (code.isdigit() and int(code) < IGNORE):
                raise Refusal(f'Cannot use code "{code}" of a label map: codes are 0 to 254.')
            listed = [names] if isinstance(names, str) else names
            codes[int(code)] = self.number(map(class_id, listed))
        return codes


def class_id(name: str) -> int:
    """The train id of a class."""
    if name in CLASSES:
        return CLASSES.index(name)
    raise Refusal(f'Cannot use class "{name}": there are {", ".join(CLASSES)}.')
