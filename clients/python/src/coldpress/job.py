from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Union

from .errors import ColdpressError, JobFailed

if TYPE_CHECKING:
    from .client import Client

FINAL = ("succeeded", "failed", "cancelled")


class Job:
    """A job of the server; `record` is what GET /v1/jobs/:id last said."""

    def __init__(self, client: "Client", record: Mapping[str, Any]) -> None:
        self._client = client
        self.record: Mapping[str, Any] = record

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def state(self) -> str:
        return str(self.record["state"])

    @property
    def page(self) -> str:
        return f"{self._client.url}/#/jobs/{self.id}"

    @property
    def gates_passed(self) -> Optional[bool]:
        found = self.record["gatesPassed"]
        return None if found is None else bool(found)

    def refresh(self) -> "Job":
        self.record = self._client.get(f"/v1/jobs/{self.id}")
        return self

    def cancel(self) -> "Job":
        self.record = self._client.post(f"/v1/jobs/{self.id}/cancel")
        return self

    def wait(self, on_change: Optional[Callable[["Job"], None]] = None, every: float = 1.0,
             timeout: Optional[float] = None) -> "Job":
        """Waits for the end. Raises JobFailed unless the job succeeded, TimeoutError after `timeout` seconds."""
        ends = None if timeout is None else time.monotonic() + timeout
        told: Any = None
        while True:
            now = [self.state, [(stage["state"], stage["progress"]) for stage in self.record["stages"]]]
            if on_change is not None and now != told:
                on_change(self)
            told = now
            if self.state in FINAL:
                break
            if ends is not None and time.monotonic() >= ends:
                raise TimeoutError(f"job {self.id} is {self.state} after {timeout} s")
            time.sleep(every)
            self.refresh()
        if self.state != "succeeded":
            raise JobFailed(self.record)
        return self

    def figures(self) -> list[dict[str, Any]]:
        """A row for the original and for each stage that was measured: `pass`, and its figures."""
        baseline = self.record.get("baseline")
        rows = [] if baseline is None else [{"pass": "baseline", **baseline}]
        return rows + [{"pass": stage["pass"], **stage["metrics"]} for stage in self.record["stages"] if stage["metrics"]]

    def skipped(self) -> list[dict[str, str]]:
        """Every node that a pass left alone, and why."""
        return [{"pass": stage["pass"], **entry} for stage in self.record["stages"] for entry in stage["skipped"]]

    def save_model(self, path: Union[str, Path]) -> Path:
        """Downloads the model that the passes left."""
        digests = [stage["modelDigest"] for stage in self.record["stages"] if stage["modelDigest"]]
        digest = digests[-1] if digests else self.record["modelId"]
        return self._client.download(digest, path)

    def save_artifact(self, name: str, path: Union[str, Path]) -> Path:
        """Downloads a file that a stage wrote; the last of that name."""
        found = [item for stage in self.record["stages"] for item in stage["artifacts"] if item["name"] == name]
        if not found:
            raise ColdpressError(f'job {self.id} has no artifact "{name}"')
        return self._client.download(found[-1]["digest"], path)

    def report(self, form: str = "text/markdown") -> str:
        """The model card, as text/markdown, text/html or application/json."""
        return self._client.text(f"/v1/jobs/{self.id}/report", form)
