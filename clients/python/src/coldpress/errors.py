from __future__ import annotations

from typing import Any, Mapping


class ColdpressError(Exception):
    """Base of what this package raises."""


class Unreachable(ColdpressError):
    """No server answers at the address."""


class Problem(ColdpressError):
    """The server's refusal (RFC 9457): a stable `code`, and the fields at fault with the way out."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(body.get("code", "unknown"))
        self.detail = str(body.get("detail") or body.get("title") or f"HTTP {status}")
        self.errors: list[dict[str, str]] = list(body.get("errors") or [])
        super().__init__(self.detail)


class JobFailed(ColdpressError):
    """A job that ended without a model; `job` is its record."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.job = job
        error = job.get("error") or {}
        super().__init__(f"job {job['id']} {job['state']}: {error.get('message', job['state'])}")
