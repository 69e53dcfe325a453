"""What a failed request to a model means: which error of ours it is, how it is worded, and whether asking again may help."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from assistant.budget import Budget
from assistant.errors import AssistantError, BadModelOutput, ModelCut, ModelRejected, ModelUnavailable, Notice
from assistant.exchange import DeadlinePassed
from assistant.text import clean

if TYPE_CHECKING:
    from openai import APIError, APIStatusError

__all__ = ["CONNECT", "OPENAI", "Server", "Verdict", "said"]

OPENAI = "https://api.openai.com/v1"
CONNECT = 10.0  # seconds for a connection; a server that is there answers within one
TELLING = 8  # characters from which a key is looked for in messages: dummies such as "none" are words
MASK = "**********"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The error to raise, and whether asking again may help.

    `wait` is how many seconds the server asks us to wait (None: the usual pause). `model_unknown` says that the names of
    the models that are there would help.
    """

    error: AssistantError
    again: bool = False
    wait: float | None = None
    model_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """Where `model` is asked, and how the settings of that place are called. `url` is empty when it is not known."""

    model: str
    url: str = ""
    group: str = "llm"
    key: SecretStr | None = None

    @property
    def host(self) -> str:
        """Who gets to see what is sent; empty when it is not known."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def variable(self, name: str) -> str:
        """The environment variable of one of the settings."""
        return f"SANAD_{self.group}__{name}".upper()

    @property
    def _place(self) -> str:
        return self.host or Notice("The service behind {model}", model=self.model)

    @property
    def _keys(self) -> str:
        own = self.variable("api_key")
        return Notice("{own} or OPENAI_API_KEY", own=own) if self.key or self.url == OPENAI else own

    # -- verdicts ----------------------------------------------------------------------------------------------------

    def cut(self, failure: Exception, budget: Budget) -> ModelCut:
        """The error for a failure after some of the text had come."""
        if isinstance(failure, DeadlinePassed):
            return ModelCut(
                "The answer was not finished within {seconds:g} s ({variable}).",
                seconds=budget.seconds,
                variable=self.variable("timeout"),
            )
        return ModelCut("The connection to {place} broke off in the middle of the answer.", place=self._place)

    def judge(self, failure: Exception, budget: Budget) -> Verdict:
        """What `failure` means when nothing had come yet."""
        import httpx
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

        match failure:
            case DeadlinePassed():
                limit = {"seconds": budget.seconds, "variable": self.variable("timeout")}
                return Verdict(self._unavailable("{place} did not finish within {seconds:g} s ({variable}).", **limit))
            case APIStatusError():
                return self._refused(failure)
            case APITimeoutError() | httpx.TimeoutException():
                return self._silent(failure, budget)
            case APIConnectionError() | httpx.TransportError() | OSError():
                return self._unreached(failure)
            case APIError():
                return self._complained(failure)
            case _:
                kind = type(failure).__name__
                return Verdict(
                    BadModelOutput("{place} answered with something that cannot be read ({kind}).", place=self._place, kind=kind)
                )

    def unknown(self, models: Sequence[str] = ()) -> ModelRejected:
        """The error for a model that is not there, with those of `models` that are called much like it."""
        near = get_close_matches(self.model, models, n=3, cutoff=0.4) or models[:3]
        there = Notice(" It has {models}.", models=", ".join(map(self.excerpt, near))) if near else ""
        return ModelRejected(
            "{place} has no model called {model}; set {variable}.{there}",
            place=self._place,
            model=self.model,
            variable=self.variable("model"),
            there=there,
        )

    def _unavailable(self, words: str, **values: object) -> ModelUnavailable:
        return ModelUnavailable(words, place=self._place, **values)

    def _silent(self, failure: Exception, budget: Budget) -> Verdict:
        import httpx

        if any(isinstance(cause, httpx.ConnectTimeout) for cause in _chain(failure)):
            limit = min(CONNECT, budget.idle)
            error = self._unavailable("{place} cannot be reached: no connection within {seconds:g} s.", seconds=limit)
            return Verdict(error, again=True)
        silence = self.variable("idle" if self.group == "llm" else "timeout")
        # Not asked again: the limit on silence would be three times as long as it says.
        return Verdict(
            self._unavailable("{place} sent nothing for {seconds:g} s ({variable}).", seconds=budget.idle, variable=silence)
        )

    def _unreached(self, failure: Exception) -> Verdict:
        way_out = Notice("check that the server runs and {variable}", variable=self.variable("base_url"))
        for cause in _chain(failure):
            match cause:
                case socket.gaierror():
                    unnamed = self._unavailable("The name of {place} cannot be resolved; {way_out}.", way_out=way_out)
                    return Verdict(unnamed, again=True)
                case ssl.SSLError():
                    reason = self.excerpt(getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or "TLS failed")
                    return Verdict(
                        self._unavailable(
                            "There is no safe connection to {place} ({reason}); {way_out}.", reason=reason, way_out=way_out
                        )
                    )
                case ConnectionRefusedError():
                    return Verdict(self._unavailable("{place} refuses the connection; {way_out}.", way_out=way_out), again=True)
        error = self._unavailable("The connection to {place} broke off before an answer came; {way_out}.", way_out=way_out)
        return Verdict(error, again=True)

    def _refused(self, refusal: APIStatusError) -> Verdict:
        status = refusal.status_code
        if _is_unknown_model(refusal):
            return Verdict(self.unknown(), model_unknown=True)
        if status == 402 or _codes(refusal) & {"insufficient_quota", "billing_hard_limit_reached"}:
            return Verdict(self._quota())
        if status in (408, 429) or status >= 500:
            wait = _retry_after(refusal)
            error = self._unavailable(
                "{place} is overloaded or out of order (status {status}){asks}{said}.",
                status=str(status),
                asks="" if wait is None else Notice(" and asks to wait {seconds:.0f} s", seconds=wait),
                said=self._quoted(refusal),
            )
            return Verdict(error, again=status != 501, wait=wait)
        return Verdict(self._rejected(refusal, status))

    def _rejected(self, refusal: APIStatusError, status: int) -> AssistantError:
        """The error for a request that will fail the same way each time."""
        url = self.variable("base_url")
        if status == 401:
            if self.key:
                return ModelRejected("{place} refuses the key; set the right one ({keys}).", place=self._place, keys=self._keys)
            return ModelRejected("{place} asks for a key; set the right one ({keys}).", place=self._place, keys=self._keys)
        if status == 403:
            return ModelRejected(
                "{place} does not let this key use {model} ({keys}){said}.",
                place=self._place,
                model=self.model,
                keys=self._keys,
                said=self._quoted(refusal),
            )
        if status < 400:
            target = self.excerpt(urlsplit(refusal.response.headers.get("location", "")).netloc) or Notice("another address")
            return ModelRejected(
                "{place} sends us on to {target}, which is not followed; check {variable}.",
                place=self._place,
                target=target,
                variable=url,
            )
        if status in (404, 405):
            return ModelRejected(
                "There is no such service at {place}; {variable} usually ends in /v1.",
                place=f"{self.host}{urlsplit(self.url).path}",
                variable=url,
            )
        if "content_filter" in _codes(refusal):
            return BadModelOutput(
                "{place} withheld the answer: its content filter refused the question or the passages.", place=self._place
            )
        return ModelRejected(
            "{place} refuses the request (status {status}){said}{way_out}.",
            place=self._place,
            status=str(status),
            said=self._quoted(refusal),
            way_out=self._way_out(refusal, status),
        )

    def _way_out(self, refusal: APIStatusError, status: int) -> str:
        words = said(refusal).casefold()
        if self.group == "embedding":
            if "dimension" in words:
                return Notice("; unset {variable}", variable=self.variable("dimension"))
            many = status == 413 or "batch" in words
            return Notice("; set {variable} to fewer", variable=self.variable("batch")) if many else ""
        long = status == 413 or "context_length_exceeded" in _codes(refusal) or "context length" in words or "too long" in words
        return Notice("; set {variable} to what the model holds there", variable=self.variable("window")) if long else ""

    def _complained(self, complaint: APIError) -> Verdict:
        """For an error that came inside a stream which had begun well."""
        if "insufficient_quota" in _codes(complaint):
            return Verdict(self._quota())
        return Verdict(self._unavailable("{place} broke off with an error{said}.", said=self._quoted(complaint)), again=True)

    def _quota(self) -> ModelRejected:
        return ModelRejected(
            "The quota at {place} is used up; add credit there, or set another key ({keys}).", place=self._place, keys=self._keys
        )

    # -- the server's words, and the key -----------------------------------------------------------------------------

    def excerpt(self, text: str, limit: int = 200) -> str:
        """What a server said, fit for a message of ours: one short line with nothing hidden and no key in it."""
        line = " ".join(clean(self._without_key(text)).split()).rstrip(".")
        return line if len(line) <= limit else line[: limit - 1] + "…"

    def may_be_shown(self, failure: BaseException) -> bool:
        """Whether a traceback may hold `failure`: some servers repeat the key they refuse."""
        return all(self._without_key(text) == text for cause in _chain(failure) for text in (str(cause), repr(cause)))

    def _quoted(self, error: APIError) -> str:
        words = self.excerpt(said(error))
        return Notice(": {words}", words=words) if words else ""

    def _without_key(self, text: str) -> str:
        key = self.key.get_secret_value() if self.key else ""
        return text.replace(key, MASK) if len(key) >= TELLING else text


def said(error: APIError) -> str:
    """The server's own words, without the structure around them; nothing when it sent a page."""
    body: Any = error.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body.get("error")
    text = body if isinstance(body, str) else str(body or "")
    return "" if text.lstrip().startswith("<") else text


def _codes(error: APIError) -> set[str]:
    body: Any = error.body
    return {str(body.get(name)) for name in ("code", "type")} if isinstance(body, dict) else set()


def _is_unknown_model(refusal: APIStatusError) -> bool:
    if "model_not_found" in _codes(refusal):
        return True
    words = said(refusal).casefold()
    if refusal.status_code == 404:
        return bool(re.search(r"\b(model|deployment)\b", words))
    missing = r"not found|not exist|not available|no such|unknown|invalid"
    return refusal.status_code == 400 and bool(re.search(rf"\bmodel\b.{{0,60}}({missing})|({missing}) model\b", words))


def _retry_after(refusal: APIStatusError) -> float | None:
    """Seconds the server asks us to wait, None when it does not say."""
    header = refusal.response.headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time())
    except (ValueError, OverflowError):
        return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
