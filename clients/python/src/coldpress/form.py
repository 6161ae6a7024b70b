from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import IO, Sequence
from uuid import uuid4

MANIFESTS = ("dataset.yaml", "dataset.yml", "dataset.json")


def manifest_of(path: Path) -> Path:
    """The manifest itself, or that in a folder."""
    if path.is_file():
        return path
    for name in MANIFESTS:
        if (path / name).is_file():
            return path / name
    raise FileNotFoundError(f"{path} has no manifest: {', '.join(MANIFESTS)}, as docs/datasets.md shows")


def named_files(manifest: Path) -> list[str]:
    """Files and folders beside a manifest whose paths occur in it; of nested ones the outermost."""
    text = manifest.read_text(encoding="utf-8")
    found: list[str] = []
    for path in sorted(manifest.parent.rglob("*")):
        name = path.relative_to(manifest.parent).as_posix()
        is_inside = any(name.startswith(f"{outer}/") for outer in found)
        if path != manifest and not is_inside and name in text:
            found.append(name)
    return found


class DatasetForm:
    """The multipart form of a data set in a temporary file: `source` is read from its begin, `length` its bytes."""

    def __init__(self, manifest: Path, files: Sequence[str]) -> None:
        self._boundary = uuid4().hex
        self.source: IO[bytes] = tempfile.TemporaryFile()
        self._part("manifest", manifest.name, manifest)
        for name in files:
            path = manifest.parent / name
            if path.is_dir():
                self._folder(name, path)
            else:
                self._part("file", name, path)
        self.source.write(f"--{self._boundary}--\r\n".encode())
        self.length = self.source.tell()
        self.source.seek(0)

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self._boundary}"

    def _folder(self, name: str, folder: Path) -> None:
        with tempfile.TemporaryDirectory() as draft:
            archive = Path(draft) / "folder.zip"
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
                for path in sorted(folder.rglob("*")):
                    if path.is_file():
                        packed.write(path, path.relative_to(folder).as_posix())
            self._part("file", name, archive)

    def _part(self, field: str, name: str, path: Path) -> None:
        head = f'--{self._boundary}\r\ncontent-disposition: form-data; name="{field}"; filename="{name}"\r\n'
        self.source.write(f"{head}content-type: application/octet-stream\r\n\r\n".encode())
        with path.open("rb") as file:
            shutil.copyfileobj(file, self.source)
        self.source.write(b"\r\n")
