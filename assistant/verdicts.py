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
from assistant.errors import AssistantError, BadModelOutput, ModelCut, ModelRejected, ModelUnavailable
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
        return self.host or f"The service behind {self.model}"

    @property
    def _keys(self) -> str:
        own = self.variable("api_key")
        return f"{own} or OPENAI_API_KEY" if self.key or self.url == OPENAI else own

    # -- verdicts ----------------------------------------------------------------------------------------------------

    def cut(self, failure: Exception, budget: Budget) -> ModelCut:
        """The error for a failure after some of the text had come."""
        if isinstance(failure, DeadlinePassed):
            return ModelCut(f"The answer was not finished within {budget.seconds:g} s ({self.variable('timeout')}).")
        return ModelCut(f"The connection to {self._place} broke off in the middle of the answer.")

    def judge(self, failure: Exception, budget: Budget) -> Verdict:
        """What `failure` means when nothing had come yet."""
        import httpx
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

        match failure:
            case DeadlinePassed():
                error = f"{self._place} did not finish within {budget.seconds:g} s ({self.variable('timeout')})."
                return Verdict(ModelUnavailable(error))
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
                return Verdict(BadModelOutput(f"{self._place} answered with something that cannot be read ({kind})."))

    def unknown(self, models: Sequence[str] = ()) -> ModelRejected:
        """The error for a model that is not there, with those of `models` that are called much like it."""
        near = get_close_matches(self.model, models, n=3, cutoff=0.4) or models[:3]
        there = f" It has {', '.join(map(self.excerpt, near))}." if near else ""
        return ModelRejected(f"{self._place} has no model called {self.model}; set {self.variable('model')}.{there}")

    def _silent(self, failure: Exception, budget: Budget) -> Verdict:
        import httpx

        if any(isinstance(cause, httpx.ConnectTimeout) for cause in _chain(failure)):
            error = f"{self._place} cannot be reached: no connection within {min(CONNECT, budget.idle):g} s."
            return Verdict(ModelUnavailable(error), again=True)
        silence = self.variable("idle" if self.group == "llm" else "timeout")
        # Not asked again: the limit on silence would be three times as long as it says.
        return Verdict(ModelUnavailable(f"{self._place} sent nothing for {budget.idle:g} s ({silence})."))

    def _unreached(self, failure: Exception) -> Verdict:
        way_out = f"check that the server runs and {self.variable('base_url')}"
        for cause in _chain(failure):
            match cause:
                case socket.gaierror():
                    return Verdict(ModelUnavailable(f"The name of {self._place} cannot be resolved; {way_out}."), again=True)
                case ssl.SSLError():
                    reason = self.excerpt(getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or "TLS failed")
                    return Verdict(ModelUnavailable(f"There is no safe connection to {self._place} ({reason}); {way_out}."))
                case ConnectionRefusedError():
                    return Verdict(ModelUnavailable(f"{self._place} refuses the connection; {way_out}."), again=True)
        error = ModelUnavailable(f"The connection to {self._place} broke off before an answer came; {way_out}.")
        return Verdict(error, again=True)

    def _refused(self, refusal: APIStatusError) -> Verdict:
        status = refusal.status_code
        if _is_unknown_model(refusal):
            return Verdict(self.unknown(), model_unknown=True)
        if status == 402 or _codes(refusal) & {"insufficient_quota", "billing_hard_limit_reached"}:
            return Verdict(self._quota())
        if status in (408, 429) or status >= 500:
            wait = _retry_after(refusal)
            asks = "" if wait is None else f" and asks to wait {wait:.0f} s"
            error = f"{self._place} is overloaded or out of order (status {status}){asks}{self._quoted(refusal)}."
            return Verdict(ModelUnavailable(error), again=status != 501, wait=wait)
        return Verdict(self._rejected(refusal, status))

    def _rejected(self, refusal: APIStatusError, status: int) -> AssistantError:
        """The error for a request that will fail the same way each time."""
        url = self.variable("base_url")
        if status == 401:
            wants = "refuses the key" if self.key else "asks for a key"
            return ModelRejected(f"{self._place} {wants}; set the right one ({self._keys}).")
        if status == 403:
            return ModelRejected(f"{self._place} does not let this key use {self.model} ({self._keys}){self._quoted(refusal)}.")
        if status < 400:
            target = urlsplit(refusal.response.headers.get("location", "")).netloc or "another address"
            return ModelRejected(f"{self._place} sends us on to {self.excerpt(target)}, which is not followed; check {url}.")
        if status in (404, 405):
            return ModelRejected(f"There is no such service at {self.host}{urlsplit(self.url).path}; {url} usually ends in /v1.")
        if "content_filter" in _codes(refusal):
            return BadModelOutput(f"{self._place} withheld the answer: its content filter refused the question or the passages.")
        reason = f"{self._quoted(refusal)}{self._way_out(refusal, status)}"
        return ModelRejected(f"{self._place} refuses the request (status {status}){reason}.")

    def _way_out(self, refusal: APIStatusError, status: int) -> str:
        words = said(refusal).casefold()
        if self.group == "embedding":
            if "dimension" in words:
                return f"; unset {self.variable('dimension')}"
            return f"; set {self.variable('batch')} to fewer" if status == 413 or "batch" in words else ""
        long = status == 413 or "context_length_exceeded" in _codes(refusal) or "context length" in words or "too long" in words
        return f"; set {self.variable('window')} to what the model holds there" if long else ""

    def _complained(self, complaint: APIError) -> Verdict:
        """For an error that came inside a stream which had begun well."""
        if "insufficient_quota" in _codes(complaint):
            return Verdict(self._quota())
        return Verdict(ModelUnavailable(f"{self._place} broke off with an error{self._quoted(complaint)}."), again=True)

    def _quota(self) -> ModelRejected:
        return ModelRejected(f"The quota at {self._place} is used up; add credit there, or set another key ({self._keys}).")

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
        return f": {words}" if words else ""

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
