from __future__ import annotations

import mmap
import re
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO, Sequence

from .errors import ColdpressError

# Messages of protobuf end there, and with them models: what is larger need not be sent.
MAX_MODEL_BYTES = 2**31 - 1

# Key and value of an entry of a tensor's external data, as protobuf writes them: "location", and the file.
LOCATION = re.compile(rb"\x0a\x08location\x12")


def external_files(model: Path) -> list[str]:
    """Files beside or below a model in which its tensors lie. Raises ColdpressError for more than one model can have."""
    size = model.stat().st_size
    named = sorted(_locations(model)) if size > 0 else []
    found = [name for name in named if _is_inside(name, model) and (model.parent / name).is_file()]
    total = size + sum((model.parent / name).stat().st_size for name in found)
    if total > MAX_MODEL_BYTES:
        raise ColdpressError(
            f"{model} has {total} bytes with its weights, one model has at most {MAX_MODEL_BYTES}, as protobuf and "
            "ONNX Runtime read it: export its parts as models of their own, or choose a smaller one of its family")
    return found


class ModelArchive:
    """A model and its data as a zip archive in a temporary file: `source` is read from its begin, `length` its bytes."""

    def __init__(self, model: Path, files: Sequence[str]) -> None:
        self.source: IO[bytes] = tempfile.TemporaryFile()
        with zipfile.ZipFile(self.source, "w", zipfile.ZIP_STORED) as packed:
            packed.write(model, model.name)
            for name in files:
                packed.write(model.parent / name, name)
        self.length = self.source.tell()
        self.source.seek(0)


def _locations(model: Path) -> set[str]:
    with model.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return {_text_at(text, entry.end()) for entry in LOCATION.finditer(text)}


def _text_at(text: mmap.mmap, at: int) -> str:
    """A text behind its length, seven bits of which lie in each byte, the lowest first."""
    length = shift = 0
    while at < len(text):
        byte = text[at]
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return text[at:at + length].decode("utf-8", "replace")
    return ""


def _is_inside(name: str, model: Path) -> bool:
    path = PurePosixPath(name)
    return name not in ("", ".", model.name) and not path.is_absolute() and ".." not in path.parts and "\0" not in name
