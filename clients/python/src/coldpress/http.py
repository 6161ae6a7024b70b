from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from typing import IO, Any, Mapping, Optional, Union
from urllib.parse import urlencode, urlsplit

from .errors import ColdpressError, Problem, Unreachable

Body = Union[bytes, IO[bytes], None]
CHUNK = 1 << 20


class Http:
    """One server and its key; a connection per request, so that threads may share it."""

    def __init__(self, url: str, api_key: str, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ColdpressError(f'"{url}" is not the address of a server: give http://127.0.0.1:8090')
        self.url = url.rstrip("/")
        self._parts = parts
        self._key = api_key
        self._timeout = timeout

    def json(self, method: str, path: str, value: Any = None, query: Optional[Mapping[str, Any]] = None,
             headers: Optional[Mapping[str, str]] = None) -> Any:
        """The answer's document; None where it has none. Raises Problem and Unreachable."""
        body = None if value is None else json.dumps(value).encode()
        sent = {"accept": "application/json", **(headers or {})}
        if body is not None:
            sent["content-type"] = "application/json"
        return _document(self.read(method, path, body, query, sent))

    def upload(self, path: str, source: IO[bytes], content_type: str, length: int,
               query: Optional[Mapping[str, Any]] = None) -> Any:
        """Streams a file up, whatever its size."""
        headers = {"content-type": content_type, "content-length": str(length), "accept": "application/json"}
        return _document(self.read("POST", path, source, query, headers))

    def read(self, method: str, path: str, body: Body = None, query: Optional[Mapping[str, Any]] = None,
             headers: Optional[Mapping[str, str]] = None) -> bytes:
        connection, answer = self._send(method, path, body, query, headers)
        try:
            return answer.read()
        finally:
            connection.close()

    def download(self, path: str, target: Path) -> None:
        """Writes the answer beside the target and renames it when it is whole."""
        connection, answer = self._send("GET", path, None, None, None)
        draft = target.with_name(f"{target.name}.part")
        try:
            with draft.open("wb") as file:
                for piece in iter(lambda: answer.read(CHUNK), b""):
                    file.write(piece)
            draft.replace(target)
        finally:
            connection.close()
            draft.unlink(missing_ok=True)

    def _send(self, method: str, path: str, body: Body, query: Optional[Mapping[str, Any]],
              headers: Optional[Mapping[str, str]]) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        asked = {key: value for key, value in (query or {}).items() if value is not None}
        target = self._parts.path.rstrip("/") + path + (f"?{urlencode(asked)}" if asked else "")
        connection = self._connect()
        try:
            connection.request(method, target, body=body,
                               headers={"authorization": f"Bearer {self._key}", **(headers or {})})
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Unreachable(f"no server answers at {self.url}: {error}") from error
        if answer.status >= 400:
            body_of_problem = answer.read()
            connection.close()
            raise Problem(answer.status, _problem(body_of_problem))
        return connection, answer

    def _connect(self) -> http.client.HTTPConnection:
        host = self._parts.hostname or ""
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, self._parts.port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(host, self._parts.port, timeout=self._timeout)


def _document(text: bytes) -> Any:
    return json.loads(text) if text else None


def _problem(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
