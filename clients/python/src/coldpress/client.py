from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence, Union
from urllib.parse import quote

from .errors import ColdpressError
from .form import DatasetForm, manifest_of, named_files
from .http import Http
from .job import Job
from .model import ModelArchive, external_files

Document = Mapping[str, Any]


class Client:
    """A server and its key, by words or by COLDPRESS_URL and COLDPRESS_API_KEY."""

    def __init__(self, url: Optional[str] = None, api_key: Optional[str] = None, timeout: float = 60.0) -> None:
        address = url or os.environ.get("COLDPRESS_URL") or "http://127.0.0.1:8090"
        key = api_key or os.environ.get("COLDPRESS_API_KEY")
        if not key:
            raise ColdpressError("no API key: give api_key or set COLDPRESS_API_KEY; `coldpress up` prints it")
        self._http = Http(address, key, timeout)

    @property
    def url(self) -> str:
        return self._http.url

    def push_model(self, path: Union[str, Path], name: Optional[str] = None) -> Document:
        """Uploads an ONNX file, with the files of its external data; the record of the stored model."""
        file = Path(path)
        query = {"name": name or file.name}
        beside = external_files(file)
        if beside:
            archive = ModelArchive(file, beside)
            with archive.source:
                return self._http.upload("/v1/models", archive.source, "application/zip", archive.length, query)
        with file.open("rb") as source:
            return self._http.upload("/v1/models", source, "application/octet-stream", file.stat().st_size, query)

    def push_dataset(self, path: Union[str, Path], files: Optional[Sequence[str]] = None) -> Document:
        """Uploads a manifest, or that of a folder, with the files beside it that it names."""
        manifest = manifest_of(Path(path))
        form = DatasetForm(manifest, named_files(manifest) if files is None else files)
        with form.source:
            return self._http.upload("/v1/datasets", form.source, form.content_type, form.length)

    def models(self) -> Iterator[Document]:
        return self._all("/v1/models")

    def datasets(self) -> Iterator[Document]:
        return self._all("/v1/datasets")

    def jobs(self, **query: Any) -> Iterator[Document]:
        """Lists jobs, newest first; `state`, `name`, `q` choose among them."""
        return self._all("/v1/jobs", query)

    def passes(self) -> list[Document]:
        """Every pass with the JSON Schema of its options."""
        return list(self.get("/v1/passes")["items"])

    def check(self, model: str, recipe: Union[str, Document], dataset: Optional[str] = None) -> Document:
        """Whether a recipe can run: `problems`, and what would be left alone."""
        return self.post("/v1/jobs/preflight", {"model": model, "dataset": dataset, "recipe": recipe})

    def submit(self, model: str, recipe: Union[str, Document], dataset: Optional[str] = None,
               name: Optional[str] = None, idempotency_key: Optional[str] = None) -> Job:
        """Submits a job; the same idempotency key never submits twice."""
        body = {"model": model, "dataset": dataset, "recipe": recipe, **({} if name is None else {"name": name})}
        headers = {} if idempotency_key is None else {"idempotency-key": idempotency_key}
        return Job(self, self._http.json("POST", "/v1/jobs", body, headers=headers))

    def job(self, job_id: str) -> Job:
        return Job(self, self.get(f"/v1/jobs/{quote(job_id, safe='')}"))

    def download(self, digest: str, path: Union[str, Path]) -> Path:
        target = Path(path)
        self._http.download(f"/v1/artifacts/{digest}", target)
        return target

    def get(self, path: str, query: Optional[Document] = None) -> Any:
        """Any route of docs/rest.md."""
        return self._http.json("GET", path, query=query)

    def post(self, path: str, value: Any = None) -> Any:
        return self._http.json("POST", path, value)

    def text(self, path: str, form: str) -> str:
        return self._http.read("GET", path, headers={"accept": form}).decode()

    def _all(self, path: str, query: Optional[Document] = None) -> Iterator[Document]:
        cursor: Optional[str] = None
        while True:
            page = self.get(path, {**(query or {}), "cursor": cursor})
            yield from page["items"]
            cursor = page["nextCursor"]
            if cursor is None:
                return
