"""Which models the settings ask for: nothing unless a model is set, and nothing at all offline."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import SecretStr

from assistant.budget import Budget
from assistant.endpoint_embedding import EndpointEmbedder
from assistant.errors import ConfigurationError, ModelUnavailable
from assistant.llm import EndpointChat
from assistant.models import OfflineEmbedder, budget_from, chat_from, embedder_from, hint, prices_from
from assistant.settings import EmbeddingSettings, LlmSettings, Settings, load

KEY = SecretStr("sk-canary-7f3a9b1c5d")
HERE = OfflineEmbedder("embedded-1", 1024)
OFFLINE = "SANAD_OFFLINE"


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(llm=LlmSettings(api_key=KEY)),
        Settings(llm=LlmSettings(base_url="http://localhost:1/v1")),
        Settings(offline=True, llm=LlmSettings(api_key=KEY, model="m"), embedding=EmbeddingSettings(api_key=KEY, model="e")),
    ],
)
def test_nothing_is_asked(settings: Settings) -> None:
    """Without a model, or offline, nobody writes and the embedder at hand embeds."""
    assert (chat_from(settings), embedder_from(settings, HERE)) == (None, HERE)


def test_a_chat_model() -> None:
    """A model with a key writes, as set."""
    settings = Settings(llm=LlmSettings(model="m", api_key=KEY, window=8_000, price_in=1.5))
    chat = chat_from(settings)
    assert isinstance(chat, EndpointChat)
    assert (chat.name, chat.host, chat.window, chat.prices) == ("m", "api.openai.com", 8_000, (1.5, 0.0))
    assert embedder_from(settings, HERE) is HERE


def test_an_embedding_model() -> None:
    """The embedding model is set apart from the chat model."""
    settings = Settings(
        embedding=EmbeddingSettings(model="e", base_url="http://localhost:1/v1", dimension=8, passage_prefix="passage: ")
    )
    embedder = embedder_from(settings, HERE)
    assert isinstance(embedder, EndpointEmbedder)
    assert (embedder.name, embedder.dimension, embedder.host) == ("e@8 after 'passage:'", 8, "localhost:1")
    assert chat_from(settings) is None


def test_a_model_that_is_nowhere() -> None:
    """A model without a key or a server is a mistake that says what to set."""
    settings = Settings(llm=LlmSettings(model="m"), embedding=EmbeddingSettings(model="e"))
    with pytest.raises(ConfigurationError) as chat:
        chat_from(settings)
    with pytest.raises(ConfigurationError) as embedder:
        embedder_from(settings, HERE)
    assert [str(chat.value), str(embedder.value)] == [
        f"SANAD_{group}__MODEL is {model}, but neither a key nor a server is set: set SANAD_{group}__API_KEY (or OPENAI_API_KEY),"
        f" or SANAD_{group}__BASE_URL for a server of your own."
        for group, model in (("LLM", "m"), ("EMBEDDING", "e"))
    ]


def test_limits_and_prices() -> None:
    """The limits of a question are those set; without a price there is no cost."""
    budget = budget_from(Settings(llm=LlmSettings(max_requests=3, timeout=20, idle=5)))
    assert (budget.requests, budget.seconds, budget.idle, budget.used) == (3, 20, 5, 0)
    default, plain = budget_from(Settings()), Budget()
    assert (default.requests, default.seconds, default.idle) == (plain.requests, plain.seconds, plain.idle)
    prices = [
        prices_from(Settings(llm=LlmSettings(price_in=a, price_out=b))) for a, b in ((None, None), (None, 2), (0, None), (1, 2))
    ]
    assert prices == [None, (0.0, 2.0), (0.0, 0.0), (1.0, 2.0)]


@pytest.mark.parametrize(
    ("settings", "begins"),
    [
        (Settings(), None),
        (Settings(llm=LlmSettings(api_key=KEY)), "A key is set but no model, "),
        (Settings(llm=LlmSettings(base_url="http://localhost:1/v1")), "A base URL is set but no model, "),
        (Settings(llm=LlmSettings(api_key=KEY, model="m")), None),
        (Settings(offline=True, llm=LlmSettings(api_key=KEY)), None),
    ],
)
def test_the_hint(settings: Settings, begins: str | None) -> None:
    """A stray key sends nothing anywhere; one line says what to set, and does not hold the key."""
    line = hint(settings)
    assert line == (begins and f"{begins}so nothing is sent and answers quote; set SANAD_LLM__MODEL to have them written.")


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """OPENAI_API_KEY and a model are enough; a local server for one and OpenAI for the other works, and keys do not stray."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY.get_secret_value())
    monkeypatch.setenv("SANAD_LLM__MODEL", "m")
    monkeypatch.setenv("SANAD_EMBEDDING__MODEL", "e")
    monkeypatch.setenv("SANAD_EMBEDDING__BASE_URL", "http://localhost:1/v1")
    settings = load()
    chat, embedder = chat_from(settings), embedder_from(settings, HERE)
    assert isinstance(chat, EndpointChat)
    assert isinstance(embedder, EndpointEmbedder)
    assert (chat.host, embedder.host) == ("api.openai.com", "localhost:1")
    assert (settings.llm.api_key, settings.embedding.api_key) == (KEY, None)


def test_an_embedder_that_may_not_ask() -> None:
    """Offline, the embedder of a library made elsewhere has its name and dimension and embeds nothing."""
    embedder = OfflineEmbedder("e@8", 8)
    assert (embedder.name, embedder.dimension) == ("e@8", 8)
    message = r"^e@8 cannot be asked for embeddings while SANAD_OFFLINE \(or --offline\) is set\.$"
    with pytest.raises(ModelUnavailable, match=message):
        embedder.embed(["a"])
    with pytest.raises(ModelUnavailable, match=message):
        embedder.embed_query("a")


@pytest.mark.parametrize(("variable", "loaded"), [("SANAD_LANGUAGE", "set()"), ("SANAD_LLM__MODEL", "{'assistant.llm'}")])
def test_what_is_loaded(monkeypatch: pytest.MonkeyPatch, variable: str, loaded: str) -> None:
    """The clients are loaded when a model is set, the SDK not even then: only when it is asked."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY.get_secret_value())
    monkeypatch.setenv(variable, "en")
    code = (
        "import sys; from assistant.models import chat_from; from assistant.settings import load; chat_from(load());"
        "print({'openai', 'httpx', 'assistant.llm', 'assistant.endpoint_embedding'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == f"{loaded}\n"
