"""An OpenAI-compatible server, asked: one client, one retry layer and one deadline for chat and embeddings alike."""

from __future__ import annotations

import random
import re
import weakref
from collections.abc import Callable, Iterator
from functools import cached_property
from ipaddress import ip_address
from itertools import count
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from assistant.budget import Budget
from assistant.errors import AssistantError, ConfigurationError
from assistant.exchange import Exchange, pause, watch
from assistant.verdicts import CONNECT, OPENAI, Server

if TYPE_CHECKING:
    from openai import OpenAI, Timeout

__all__ = ["PAUSE", "REQUESTS", "Endpoint", "patiently", "server_of", "without_retries"]

REQUESTS = 3  # of one call, retries and all else included
PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds before the second request, and at most before a later one
LISTING = 5.0  # seconds for the list of models, which only makes an error message better

T = TypeVar("T")


class Endpoint:
    """Where `model` is asked. `group` names its settings: "llm" or "embedding"; `pause` is the first pause between requests.

    Nothing of the environment is used but what is given here. Raises ConfigurationError for a URL or a key that cannot be one.
    """

    def __init__(
        self,
        *,
        model: str,
        base_url: str | None = None,
        api_key: str | SecretStr | None = None,
        group: str = "llm",
        keep_alive: bool = False,
        pause: float = PAUSE,
    ) -> None:
        names = Server(model, group=group)
        url = _checked_url(base_url or OPENAI, names.variable("base_url"), names.variable("api_key"))
        self.server = Server(model, url, group, _checked_key(api_key, names.variable("api_key")))
        self._keep_alive = keep_alive
        self._pause = pause

    @cached_property
    def client(self) -> OpenAI:
        """The SDK's client. It retries nothing, follows no redirect, and adds nothing from the environment."""
        import httpx
        from openai import DefaultHttpxClient, OpenAI

        http = DefaultHttpxClient(
            event_hooks={"request": [watch]},
            # A redirect would show the passages to somebody else.
            follow_redirects=False,
            # A request under way can be broken off only where its connection is known, so chat makes a new one each time.
            limits=httpx.Limits(max_keepalive_connections=None if self._keep_alive else 0),
            # A proxy is for what is far away.
            trust_env=not _on_this_machine(self.server.host),
        )
        key = self.server.key.get_secret_value() if self.server.key else "none"
        client = OpenAI(base_url=self.server.url, api_key=key, max_retries=0, http_client=http)
        # The SDK has read these from variables, which may be meant for another server.
        client.organization = client.project = None
        client._custom_headers = {}
        weakref.finalize(self, client.close)
        return client

    def close(self) -> None:
        """Let go of connections; the next request makes new ones."""
        if "client" in self.__dict__:
            self.client.close()
            del self.client

    def timeout(self, budget: Budget) -> Timeout:
        """The limits of each step of one request; the deadline is watched from outside."""
        from openai import Timeout

        return Timeout(budget.idle, connect=min(CONNECT, budget.idle), pool=None)

    def ask(
        self, produce: Callable[[], Iterator[T]], budget: Budget, *, adapt: Callable[[Exception], bool] | None = None
    ) -> Iterator[T]:
        """What `produce` yields, by the rules of `patiently`."""
        return patiently(produce, self.server, budget, adapt=adapt, models=self._models, first_pause=self._pause)

    def _models(self, budget: Budget) -> list[str]:
        """The ids of the models the server has; empty when it does not say."""
        try:
            seconds = min(LISTING, budget.spend())
            limit = Budget(requests=1, seconds=seconds, idle=seconds, cancelled=budget.cancelled)
            exchange = Exchange(lambda: iter(self.client.models.list(timeout=self.timeout(limit)).data))
            try:
                return sorted(str(model.id) for model in exchange.items(limit))
            finally:
                exchange.abandon()
        except Exception:  # whatever it is, the error at hand is the one to tell
            return []


def patiently(
    produce: Callable[[], Iterator[T]],
    server: Server,
    budget: Budget,
    *,
    adapt: Callable[[Exception], bool] | None = None,
    models: Callable[[Budget], list[str]] | None = None,
    first_pause: float = PAUSE,
) -> Iterator[T]:
    """What `produce` yields, produced again as long as nothing came and it may help: three times at most.

    `adapt` sees each failure and says whether to ask again at once, having left out what the server did not like. `models`
    lists the models there are. Raises the errors of `ChatModel.stream`; closing the iterator breaks the request off.
    """
    for attempt in count(1):
        budget.spend()
        begun = False
        exchange = Exchange(produce)
        try:
            for item in exchange.items(budget):
                begun = True
                yield item
            return
        except AssistantError:
            raise
        except Exception as exc:
            failure = exc
        finally:
            exchange.abandon()
        # Raised out here, the error has no context but the cause it is given.
        cause = failure if server.may_be_shown(failure) else None
        if begun:
            raise server.cut(failure, budget) from cause
        left = attempt < REQUESTS and budget.used < budget.requests
        if left and adapt is not None and adapt(failure):
            continue
        verdict = server.judge(failure, budget)
        if verdict.model_unknown and left and models is not None:
            raise server.unknown(models(budget)) from cause
        wait = _pause(attempt, first_pause) if verdict.wait is None else verdict.wait
        # A longer wait than this is no better than a server that is silent.
        if not (verdict.again and left and wait < min(budget.idle, budget.remaining)):
            raise verdict.error from cause
        pause(wait, budget)


def _pause(attempt: int, first: float) -> float:
    """A pause that doubles each time, up or down by a quarter so that many askers do not come back at once."""
    return min(LONGEST_PAUSE, first * 2.0 ** (attempt - 1)) * random.uniform(0.75, 1.25)


# -- models of LlamaIndex ----------------------------------------------------------------------------------------------

AnyModel = TypeVar("AnyModel")


def without_retries(model: AnyModel) -> AnyModel:
    """A copy of a LlamaIndex model that asks once; the model itself when it does not retry."""
    if getattr(model, "max_retries", 0) and hasattr(model, "model_copy"):
        copy: AnyModel = model.model_copy(update={"max_retries": 0})
        return copy
    return model


def server_of(model: object, name: str, group: str) -> Server:
    """Where a LlamaIndex model is asked, as far as it tells."""
    url = getattr(model, "api_base", None) or getattr(model, "base_url", None) or ""
    key = getattr(model, "api_key", None)
    return Server(name, str(url), group, SecretStr(str(key)) if key else None)


# -- what a setting may be ---------------------------------------------------------------------------------------------


def _checked_url(url: str, variable: str, key: str) -> str:
    """`url` without a slash at its end. An error does not repeat it: it may hold a password."""
    try:
        parts = urlsplit(url)
        wrong = not parts.hostname or parts.scheme not in ("http", "https") or parts.port == 0 or re.search(r"\s", url)
    except ValueError:
        wrong = True
    if wrong:
        raise ConfigurationError(
            "{variable} is no URL of a server; it should look like http://localhost:11434/v1.", variable=variable
        )
    if parts.username or parts.password:
        raise ConfigurationError("{variable} holds a user or a password; put the key into {key}.", variable=variable, key=key)
    if parts.query or parts.fragment or re.search(r"/(chat/completions|embeddings|models)/*$", parts.path):
        raise ConfigurationError("{variable} should end where the service begins, usually in /v1.", variable=variable)
    return url.rstrip("/")


def _checked_key(key: str | SecretStr | None, variable: str) -> SecretStr | None:
    plain = (key.get_secret_value() if isinstance(key, SecretStr) else key or "").strip()
    if not re.fullmatch(r"[!-~]*", plain):
        raise ConfigurationError(
            "The key in {variable} holds a blank or a letter that no key has; copy it again.", variable=variable
        )
    return SecretStr(plain) if plain else None


def _on_this_machine(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
