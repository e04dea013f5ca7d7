"""Weights in files: safetensors with the names and the metadata that segstream reads.

The format is eight bytes of header length, a JSON header, then the values
(https://github.com/huggingface/safetensors#format); it needs no library.
"""

import json
import os
import struct
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fast_scnn import MEAN, STD, FastScnn, Traits
from refusal import Refusal

ENCODER = ("learning_to_downsample.", "global_feature_extractor.")
"""What pre-training on image classification can give: everything before the fusion."""

MODULES = (*ENCODER, "feature_fusion.", "classifier.")

_TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64, "U8": np.uint8}


def read_safetensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors by name, and the metadata."""
    try:
        raw = Path(path).read_bytes()
        (length,) = struct.unpack("<Q", raw[:8])
        header = json.loads(raw[8 : 8 + length])
    except (OSError, struct.error, ValueError) as cause:
        raise Refusal(
            f'Cannot read weights "{path}": {cause}. Name a .safetensors file.'
        ) from cause
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(raw[begin:end], _TYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors, metadata


def write_safetensors(
    path: str | Path, tensors: dict[str, Tensor], metadata: dict[str, str]
) -> None:
    """Writes float32 tensors in the order they come in; the file appears whole or not at all."""
    header: dict[str, object] = {"__metadata__": metadata}
    chunks = []
    position = 0
    for name, tensor in tensors.items():
        values = tensor.detach().to("cpu", torch.float32).contiguous().numpy().tobytes()
        offsets = [position, position + len(values)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        chunks.append(values)
        position += len(values)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    partial = Path(f"{path}.partial")
    with partial.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(chunks)
    os.replace(partial, path)


def metadata_of(traits: Traits, notes: dict[str, str]) -> dict[str, str]:
    """What segstream's loader asks of a file, and `notes` for people."""
    mean, std = (" ".join(map(str, triple)) for triple in (MEAN, STD))
    return {
        "architecture": "fast-scnn",
        "classes": str(traits.classes),
        "padding_first_conv": str(traits.first_padding),
        "align_corners": str(traits.align_corners).lower(),
        "normalisation": f"RGB/255, mean {mean}, std {std}",
        "bn_eps": "1e-05",
        **notes,
    }


def export(
    path: str | Path, state: dict[str, Tensor], traits: Traits, notes: dict[str, str]
) -> None:
    """Writes a state dict without what only training needs."""
    tensors = {
        name: tensor
        for name, tensor in state.items()
        if name.startswith(MODULES) and not name.endswith("num_batches_tracked")
    }
    write_safetensors(path, tensors, metadata_of(traits, notes))


def load_network(path: str | Path, *, skip: str = "keep") -> FastScnn:
    """A network of a file's weights, built as its metadata says, ready to be evaluated."""
    tensors, metadata = read_safetensors(path)
    classifier = tensors.get("classifier.conv.1.weight")
    if classifier is None:
        raise Refusal(f'Cannot use weights "{path}": they are not Fast-SCNN in the public layout.')
    traits = Traits(
        classes=classifier.shape[0],
        first_padding=int(metadata.get("padding_first_conv", "1")),
        align_corners=metadata.get("align_corners", "false") == "true",
    )
    network = FastScnn(traits, skip=skip)
    copy_into(network, tensors, MODULES, path)
    return network.eval().to(memory_format=torch.channels_last)


def copy_into(
    network: FastScnn, tensors: dict[str, Tensor], modules: tuple[str, ...], path: str | Path
) -> None:
    """Copies what belongs to `modules`; everything of theirs must be there, in the right shape."""
    state = network.state_dict()
    for name, target in state.items():
        if not name.startswith(modules) or name.endswith("num_batches_tracked"):
            continue
        values = tensors.get(name)
        if values is None or values.shape != target.shape:
            found = "is missing" if values is None else f"is {list(values.shape)}"
            raise Refusal(
                f'Cannot start from "{path}": "{name}" {found}, and must be '
                f"{list(target.shape)}. Name weights of this network."
            )
        target.copy_(values)


def read_checkpoint_tensors(path: str | Path) -> dict[str, Tensor]:
    """Tensors of a .safetensors file, or of a PyTorch checkpoint with or without wrapping."""
    if str(path).endswith(".safetensors"):
        return read_safetensors(path)[0]
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as cause:  # pickle and zip errors have no common class
        raise Refusal(f'Cannot read weights "{path}": {cause}') from cause
    loaded = loaded.get("state_dict", loaded)
    return {name.removeprefix("module."): tensor for name, tensor in loaded.items()}
