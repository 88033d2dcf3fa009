"""JSON-RPC over HTTP. Answers are bounded in size and time; keys in the URL stay out of every error."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
import requests

from adapters.chain.complaints import (
    KEY_HINT,
    KEY_STATUS,
    is_rate_limited,
    refuses_batch,
    wants_key,
)
from adapters.chain.transport import AnswerTooLarge, Call, Json, MalformedAnswer, RpcError
from domain.kernel.errors import InvalidInput, Unavailable

_READS: Final = frozenset(
    {
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_gasPrice",
        "eth_getBalance",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getBlockReceipts",
        "eth_getCode",
        "eth_getLogs",
        "eth_getProof",
        "eth_getTransactionByHash",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
        "eth_maxPriorityFeePerGas",
        "web3_clientVersion",
    }
)
"""Asking these twice does no harm, so they are asked again after a failure; nothing else is."""

_RETRIED_STATUS: Final = frozenset({429, 502, 503, 504})
_RATE_PAUSE_SECONDS: Final = 1.0
_KEY_LIKE: Final = 24
"""From this length on a part of a host's name may be a key and is not shown."""

_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """What one request may cost. `total_seconds` bounds a whole answer, however slowly it drips."""

    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    total_seconds: float = 60.0
    answer_bytes: int = 24 * _MIB
    batch_calls: int = 100
    attempts: int = 4
    first_pause_seconds: float = 0.2
    longest_pause_seconds: float = 5.0


DEFAULT_LIMITS: Final = HttpLimits()


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why an attempt failed, and whether another may do better."""

    reason: str
    again: bool
    pause_seconds: float = 0.0
    too_large: bool = False
    malformed: bool = False
    hint: str = ""


class HttpTransport:
    """A node behind an http:// or https:// URL. Not safe for use by two threads at once."""

    def __init__(
        self,
        url: str,
        *,
        limits: HttpLimits = DEFAULT_LIMITS,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._endpoint = public_part(url)
        self._secrets = _secrets_of(url)
        self._limits = limits
        self._pause = pause
        self._session = requests.Session()
        # Proxies and .netrc of the environment would change where a request goes, unseen.
        self._session.trust_env = False
        self._next_id = 0
        self._batch_calls = limits.batch_calls

    def __repr__(self) -> str:
        return f"HttpTransport({self._endpoint})"

    @property
    def endpoint(self) -> str:
        """Scheme, host and port of the node."""
        return self._endpoint

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def request(self, method: str, params: Sequence[Json]) -> Json:
        """Return the result of one call. Raises RpcError, AnswerTooLarge, MalformedAnswer or Unavailable."""
        body, call_id = self._body_of(method, params)
        answer = self._exchange(body, retried=method in _READS)
        return self._result_of(answer, call_id, method)

    def batch(self, calls: Sequence[Call]) -> list[Json]:
        """Return the results in the order of `calls`, sent in groups of bounded size."""
        results: list[Json] = []
        while len(results) < len(calls):
            part = calls[len(results) : len(results) + self._batch_calls]
            try:
                results.extend(self._batch(part))
            except (RpcError, AnswerTooLarge) as error:
                harmless = all(method in _READS for method, _ in part)
                if len(part) == 1 or not harmless or not refuses_batch(error):
                    raise
                self._batch_calls = len(part) // 2
        return results

    def _batch(self, calls: Sequence[Call]) -> list[Json]:
        bodies = [self._body_of(method, params) for method, params in calls]
        retried = all(method in _READS for method, _ in calls)
        if self._batch_calls == 1:
            return [self.request(method, params) for method, params in calls]
        answer = self._exchange([body for body, _ in bodies], retried=retried)
        if not isinstance(answer, list):
            # A node that refuses the batch as a whole answers with one error object.
            return [self._result_of(answer, -1, "batch")]
        by_id: dict[object, Json] = {}
        for part in answer:
            part_id = part.get("id") if isinstance(part, dict) else None
            if not isinstance(part_id, int) or part_id in by_id:
                raise self._malformed("a batch answer has a missing or doubled id")
            by_id[part_id] = part
        if len(by_id) != len(calls):
            raise self._malformed(f"{len(calls)} calls got {len(by_id)} answers")
        return [
            self._result_of(by_id.get(call_id), call_id, method)
            for (_, call_id), (method, _) in zip(bodies, calls, strict=True)
        ]

    def _body_of(self, method: str, params: Sequence[Json]) -> tuple[Mapping[str, Json], int]:
        self._next_id += 1
        return {
            "jsonrpc": "2.0",
            "id": self._next_id,
            "method": method,
            "params": list(params),
        }, self._next_id

    def _result_of(self, answer: Json, call_id: int, method: str) -> Json:
        if not isinstance(answer, dict):
            raise self._malformed(f"the answer to {method} is no JSON-RPC object")
        error = answer.get("error")
        if error is not None:
            raise self._error_of(error, method)
        if answer.get("id") != call_id or "result" not in answer:
            raise self._malformed(f"the answer to {method} has no result or another id")
        return answer["result"]

    def _error_of(self, error: Json, method: str) -> RpcError:
        fields: Mapping[str, Json] = error if isinstance(error, dict) else {"message": error}
        code = fields.get("code")
        text = self._clean(str(fields.get("message", "no message")))
        return RpcError(
            f"{self._endpoint} refused {method}: {text}",
            rpc_code=code if isinstance(code, int) else 0,
            data=fields.get("data"),
            hint=KEY_HINT if wants_key(text) else "",
        )

    def _malformed(self, what: str) -> MalformedAnswer:
        return MalformedAnswer(
            f"{self._endpoint} does not speak JSON-RPC: {what}",
            hint="check that the URL is an Ethereum JSON-RPC endpoint",
        )

    def _clean(self, text: str) -> str:
        """Return a node's text fit to be shown: one line, bounded, without what is secret in the URL."""
        shown = "".join(char if char.isprintable() else " " for char in text[:2000])
        for secret in self._secrets:
            shown = shown.replace(secret, "***")
        return shown[:300]

    def _exchange(self, body: Json, *, retried: bool) -> Json:
        payload = orjson.dumps(body)
        attempts = self._limits.attempts if retried else 1
        pause = self._limits.first_pause_seconds
        for attempt in range(1, attempts + 1):
            answer = self._attempt(payload)
            if not isinstance(answer, _Trouble):
                return answer
            if attempt == attempts or not answer.again:
                raise self._failure(answer, attempt)
            self._pause(min(max(pause, answer.pause_seconds), self._limits.longest_pause_seconds))
            pause *= 2
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _failure(self, trouble: _Trouble, attempts: int) -> Unavailable:
        if trouble.too_large:
            return AnswerTooLarge(
                f"{self._endpoint}: {trouble.reason}", hint="ask for fewer blocks"
            )
        if trouble.malformed:
            return self._malformed(trouble.reason)
        tried = f" ({attempts} attempts)" if attempts > 1 else ""
        return Unavailable(
            f"{self._endpoint} does not answer: {trouble.reason}{tried}",
            hint=trouble.hint
            or "check that the node runs and that the URL is right, then run the same command again",
        )

    def _attempt(self, payload: bytes) -> Json | _Trouble:
        # The library's exceptions carry the whole URL. They are turned into our own words here and
        # never chained, so that no traceback can show them.
        deadline = time.monotonic() + self._limits.total_seconds
        try:
            with self._session.post(
                self._url,
                data=payload,
                headers={"Content-Type": "application/json"},
                timeout=(self._limits.connect_seconds, self._limits.read_seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._read(response, deadline)
        except requests.exceptions.Timeout:
            return _Trouble("it took too long", again=True)
        except requests.exceptions.SSLError:
            return _Trouble("its TLS certificate is not trusted", again=False)
        except requests.exceptions.ConnectionError:
            return _Trouble("no connection", again=True)
        except requests.exceptions.RequestException as error:
            return _Trouble(f"the request failed ({type(error).__name__})", again=False)

    def _read(self, response: requests.Response, deadline: float) -> Json | _Trouble:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_content(chunk_size=1 << 16):
            size += len(chunk)
            if size > self._limits.answer_bytes:
                reason = f"the answer is larger than {self._limits.answer_bytes // _MIB} MiB"
                return _Trouble(reason, again=False, too_large=True)
            if time.monotonic() > deadline:
                return _Trouble("the answer took too long", again=True)
            chunks.append(chunk)
        status = response.status_code
        if status in _RETRIED_STATUS:
            wait = _seconds_of(response.headers.get("Retry-After", ""))
            return _Trouble(f"HTTP status {status}", again=True, pause_seconds=wait)
        if status in KEY_STATUS:
            return _Trouble(f"HTTP status {status}", again=False, hint=KEY_HINT)
        try:
            answer: Json = orjson.loads(b"".join(chunks))
        except orjson.JSONDecodeError:
            if status != requests.codes.ok:
                return _Trouble(f"HTTP status {status}", again=False)
            return _Trouble("the answer is not JSON", again=False, malformed=True)
        # Some nodes send a JSON-RPC error under a 4xx status; it says more than the status does.
        if status != requests.codes.ok and not (isinstance(answer, dict) and "error" in answer):
            return _Trouble(f"HTTP status {status}", again=False)
        if is_rate_limited(answer):
            return _Trouble("it was asked too often", again=True, pause_seconds=_RATE_PAUSE_SECONDS)
        return answer


def public_part(url: str) -> str:
    """Return scheme, host and port of a URL: what may be shown. Raises InvalidInput."""
    hint = "give a URL such as http://127.0.0.1:8545"
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host:
        raise InvalidInput(
            "the RPC URL does not start with http:// or https:// and a host", hint=hint
        )
    # Some providers put the key into a subdomain.
    labels = ["***" if len(label) >= _KEY_LIKE else label for label in host.split(".")]
    shown_host = f"[{host}]" if ":" in host else ".".join(labels)
    return f"{parts.scheme}://{shown_host}" + (f":{port}" if port is not None else "")


def _secrets_of(url: str) -> tuple[str, ...]:
    """Return what in the URL may be a key, longest first, so that an echo of it can be struck out."""
    parts = urlsplit(url.strip())
    pieces = {parts.path, parts.query, parts.fragment, parts.username or "", parts.password or ""}
    pieces.update(parts.path.split("/"))
    pieces.update(value for _, value in parse_qsl(parts.query))
    pieces.update([unquote(piece) for piece in pieces])
    return tuple(sorted((piece for piece in pieces if len(piece) >= 4), key=len, reverse=True))


def _seconds_of(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else 0.0
