"""Settings: gathered from five places, checked, and able to say where each value came from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from platformdirs import user_config_dir
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from assistant.errors import ConfigurationError
from assistant.settings import NOT_SETTINGS, Settings, SettingValue, _gather, explain, load


class Endpoint(BaseModel):
    """A nested group with a secret, as later ones will have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = None
    api_key: SecretStr | None = None
    retries: int | float = 2


class Grouped(Settings):
    """The settings with such a group."""

    llm: Endpoint = Field(default_factory=Endpoint)  # type: ignore[assignment]


def user_file() -> Path:
    """The user's own `sanad.toml`, in a folder made for it."""
    folder = Path(user_config_dir("sanad", appauthor=False))
    folder.mkdir(parents=True)
    return folder / "sanad.toml"


def sources(settings: Settings) -> dict[str, str]:
    """Where each value came from, by setting."""
    return {value.name: value.source for value in explain(settings)}


def test_defaults() -> None:
    """With nothing set, every value is the default and nothing is created."""
    assert explain(load()) == [
        SettingValue("library", "SANAD_LIBRARY", str(Path.home() / ".local" / "share" / "sanad" / "library"), "default"),
        SettingValue("language", "SANAD_LANGUAGE", None, "default"),
        SettingValue("offline", "SANAD_OFFLINE", False, "default"),
        SettingValue("passages", "SANAD_PASSAGES", 8, "default"),
        SettingValue("lock_wait", "SANAD_LOCK_WAIT", 5.0, "default"),
        SettingValue("llm.model", "SANAD_LLM__MODEL", None, "default"),
        SettingValue("llm.base_url", "SANAD_LLM__BASE_URL", None, "default"),
        SettingValue("llm.api_key", "SANAD_LLM__API_KEY", None, "default"),
        SettingValue("llm.window", "SANAD_LLM__WINDOW", 32_000, "default"),
        SettingValue("llm.temperature", "SANAD_LLM__TEMPERATURE", 0.0, "default"),
        SettingValue("llm.timeout", "SANAD_LLM__TIMEOUT", 300.0, "default"),
        SettingValue("llm.idle", "SANAD_LLM__IDLE", 60.0, "default"),
        SettingValue("llm.max_requests", "SANAD_LLM__MAX_REQUESTS", 8, "default"),
        SettingValue("llm.concurrency", "SANAD_LLM__CONCURRENCY", 8, "default"),
        SettingValue("llm.price_in", "SANAD_LLM__PRICE_IN", None, "default"),
        SettingValue("llm.price_out", "SANAD_LLM__PRICE_OUT", None, "default"),
        SettingValue("embedding.model", "SANAD_EMBEDDING__MODEL", None, "default"),
        SettingValue("embedding.base_url", "SANAD_EMBEDDING__BASE_URL", None, "default"),
        SettingValue("embedding.api_key", "SANAD_EMBEDDING__API_KEY", None, "default"),
        SettingValue("embedding.dimension", "SANAD_EMBEDDING__DIMENSION", None, "default"),
        SettingValue("embedding.batch", "SANAD_EMBEDDING__BATCH", 32, "default"),
        SettingValue("embedding.concurrency", "SANAD_EMBEDDING__CONCURRENCY", 4, "default"),
        SettingValue("embedding.timeout", "SANAD_EMBEDDING__TIMEOUT", 60.0, "default"),
        SettingValue("embedding.query_prefix", "SANAD_EMBEDDING__QUERY_PREFIX", "", "default"),
        SettingValue("embedding.passage_prefix", "SANAD_EMBEDDING__PASSAGE_PREFIX", "", "default"),
        SettingValue("ui.host", "SANAD_UI__HOST", "127.0.0.1", "default"),
        SettingValue("ui.port", "SANAD_UI__PORT", None, "default"),
        SettingValue("ui.password", "SANAD_UI__PASSWORD", None, "default"),
        SettingValue("ui.hosts", "SANAD_UI__HOSTS", "", "default"),
        SettingValue("ui.questions_a_minute", "SANAD_UI__QUESTIONS_A_MINUTE", 120, "default"),
        SettingValue("vectors.plain", "SANAD_VECTORS__PLAIN", False, "default"),
        SettingValue("vectors.url", "SANAD_VECTORS__URL", None, "default"),
        SettingValue("vectors.token", "SANAD_VECTORS__TOKEN", None, "default"),
        SettingValue("vectors.header", "SANAD_VECTORS__HEADER", "Authorization", "default"),
        SettingValue("vectors.tenant", "SANAD_VECTORS__TENANT", "default_tenant", "default"),
        SettingValue("vectors.database", "SANAD_VECTORS__DATABASE", "default_database", "default"),
        SettingValue("vectors.collection", "SANAD_VECTORS__COLLECTION", "sanad", "default"),
        SettingValue("vectors.timeout", "SANAD_VECTORS__TIMEOUT", 8.0, "default"),
    ]
    assert list(Path.home().iterdir()) == [Path.cwd()]


def test_every_place_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument beats a variable, that beats `.env`, that the folder's `sanad.toml`, that the user's, that the default."""
    places = [
        ("default", 8),
        (str(user_file()), 1),
        (str(Path("sanad.toml").absolute()), 2),
        (".env", 3),
        ("environment", 4),
        ("argument", 5),
    ]
    seen = []
    for source, number in places:
        match source:
            case "default":
                pass
            case "environment":
                monkeypatch.setenv("SANAD_PASSAGES", str(number))
            case ".env":
                Path(".env").write_text(f"OPENAI_API_KEY=other\nSANAD_PASSAGES={number}\n", encoding="utf-8")
            case "argument":
                pass
            case file:
                Path(file).write_text(f"passages = {number}\n", encoding="utf-8")
        settings = load(passages=number if source == "argument" else None)
        seen.append((sources(settings)["passages"], settings.passages))
    assert seen == places


def test_a_library_given_as_an_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--library` wins over the variable and is made absolute from the working directory."""
    monkeypatch.setenv("SANAD_LIBRARY", "elsewhere")
    assert load(library="here").library == Path.cwd() / "here"
    assert load().library == Path.cwd() / "elsewhere"
    assert load(library=Path("~/mine")).library == Path.home() / "mine"


def test_all_fields_from_one_file() -> None:
    """`sanad.toml` sets every field; what it does not name keeps its default."""
    Path("sanad.toml").write_text('library = "news"\nlanguage = "FA"\noffline = true\nlock_wait = 0\n', encoding="utf-8")
    assert load() == load().model_copy(
        update={"library": Path.cwd() / "news", "language": "fa", "offline": True, "passages": 8, "lock_wait": 0.0}
    )
    file = str(Path("sanad.toml").absolute())
    assert {name: source for name, source in sources(load()).items() if "." not in name} == {
        "library": file,
        "language": file,
        "offline": file,
        "passages": "default",
        "lock_wait": file,
    }


def test_settings_are_frozen() -> None:
    """Nobody changes a setting after it was loaded."""
    with pytest.raises(ValidationError, match="frozen"):
        load().passages = 3


@pytest.mark.parametrize("text", ["", "SANAD_LANGUAGE=\n", "SANAD_LANGUAGE\n", "# SANAD_LANGAUGE=fa\n"])
def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """`SANAD_LANGUAGE=` leaves the language to the question, in the environment and in `.env`."""
    monkeypatch.setenv("SANAD_LANGUAGE", "")
    Path(".env").write_text(text, encoding="utf-8")
    assert (load().language, sources(load())["language"]) == (None, "default")


def test_variables_of_the_tests_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that only tests and evals read are let pass."""
    for name in NOT_SETTINGS:
        monkeypatch.setenv(name, "x")
    assert set(sources(load()).values()) == {"default"}


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("SANAD_PASSAGES", "many", "'many', from environment: it should be a valid integer, unable to parse string as an integer"),
        ("SANAD_PASSAGES", "0", "'0', from environment: it should be greater than or equal to 1"),
        ("SANAD_PASSAGES", "101", "'101', from environment: it should be less than or equal to 100"),
        ("SANAD_LANGUAGE", "فارسی", "'فارسی', from environment: it should be an ISO 639 code such as fa, ar or en"),
        ("SANAD_LANGUAGE", "fa-IR", "'fa-IR', from environment: it should be an ISO 639 code such as fa, ar or en"),
        ("SANAD_OFFLINE", "perhaps", "'perhaps', from environment: it should be a valid boolean, unable to interpret input"),
        ("SANAD_LOCK_WAIT", "-1", "'-1', from environment: it should be greater than or equal to 0"),
        ("SANAD_LOCK_WAIT", "inf", "'inf', from environment: it should be a finite number"),
        ("SANAD_LOCK_WAIT", "9" * 99 + "x", "'" + "9" * 58 + "…, from environment: it should be a valid number, unable to parse"),
    ],
)
def test_a_wrong_value(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str) -> None:
    """A wrong value is one line: the setting, its variable, the value, where it stands and what it should be."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert str(caught.value).startswith(f"{variable.removeprefix('SANAD_').lower()} ({variable}) is {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "reason"), [("", "it should be the path of a folder"), ("~no-such-user/x", "there is no such user")]
)
def test_a_wrong_library(value: str, reason: str) -> None:
    """An empty path would be the working directory, and an unknown user has no home: both are refused."""
    Path("sanad.toml").write_text(f'library = "{value}"\n', encoding="utf-8")
    file = Path("sanad.toml").absolute()
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert str(caught.value).startswith(f"library (SANAD_LIBRARY) is '{value}', from {file}: {reason}")


@pytest.mark.parametrize(
    ("key", "nearest"),
    [("libary", "library"), ("passage", "passages"), ("LANGUAGE", "language"), ("lock-wait", "lock_wait"), ("ofline", "offline")],
)
def test_an_unknown_key_in_a_file(key: str, nearest: str) -> None:
    """A key that is no setting is named with its file and the nearest setting."""
    Path("sanad.toml").write_text(f"{key} = 1\n", encoding="utf-8")
    file = Path("sanad.toml").absolute()
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert str(caught.value) == f"{key} ({file}) is not a setting; did you mean {nearest}?"


def test_an_unknown_table_in_a_file() -> None:
    """A table that is no group is refused by its first key."""
    Path("sanad.toml").write_text('[library]\npath = "x"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"library\.path .* is not a setting; did you mean library\?"):
        load()


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_an_unknown_variable(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """A variable with our prefix that is no setting is named with the nearest one."""
    if place == ".env":
        Path(".env").write_text("SANAD_LIBARY=x\n", encoding="utf-8")
    else:
        monkeypatch.setenv("SANAD_LIBARY", "x")
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert str(caught.value) == f"SANAD_LIBARY ({place}) is not a setting; did you mean SANAD_LIBRARY?"


def test_an_unknown_argument() -> None:
    """An argument that is no setting is refused too."""
    with pytest.raises(ConfigurationError, match=r"^passage \(argument\) is not a setting; did you mean passages\?$"):
        load(passage=3)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("sanad.toml", b"passages = = 3\n", "Invalid value"),
        ("sanad.toml", b"\xff\xfe", "'utf-8' codec can't decode"),
        (".env", b"SANAD_LANGUAGE=\xff\n", "'utf-8' codec can't decode"),
    ],
)
def test_a_file_that_cannot_be_read(name: str, content: bytes, reason: str) -> None:
    """A broken settings file is named, in one line, with what is wrong in it."""
    Path(name).write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert str(caught.value).startswith(f"{Path(name).absolute()} cannot be read: {reason}")
    assert "\n" not in str(caught.value)


def test_a_folder_where_a_file_is_expected() -> None:
    """A virtual environment called `.env` is no settings file; a folder called `sanad.toml` is a mistake."""
    Path(".env").mkdir()
    assert set(sources(load()).values()) == {"default"}
    Path("sanad.toml").mkdir()
    with pytest.raises(ConfigurationError, match=r"sanad\.toml cannot be read"):
        load()


def test_a_nested_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group is read from all places, value by value, and its secrets are masked wherever they could show."""
    Path("sanad.toml").write_text('[llm]\nmodel = "small"\nretries = 3\n', encoding="utf-8")
    Path(".env").write_text("SANAD_LLM__API_KEY=sk-canary\n", encoding="utf-8")
    monkeypatch.setenv("SANAD_LLM__MODEL", "large")
    settings = _gather(Grouped, {})
    assert settings.llm == Endpoint(model="large", api_key=SecretStr("sk-canary"), retries=3)
    assert [value for value in explain(settings) if value.name.startswith("llm.")] == [
        SettingValue("llm.model", "SANAD_LLM__MODEL", "large", "environment"),
        SettingValue("llm.api_key", "SANAD_LLM__API_KEY", "**********", ".env"),
        SettingValue("llm.retries", "SANAD_LLM__RETRIES", 3, str(Path("sanad.toml").absolute())),
    ]
    assert "sk-canary" not in repr(settings) + repr(explain(settings))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("api_key = [1]", "llm.api_key (SANAD_LLM__API_KEY) is **********, from {file}: it should be a valid string"),
        ("retries = 'x'", "llm.retries (SANAD_LLM__RETRIES) is 'x', from {file}: it should be a valid integer, unable to parse"),
        ("modle = 'x'", "llm.modle ({file}) is not a setting; did you mean llm.model?"),
    ],
)
def test_a_wrong_value_in_a_group(text: str, message: str) -> None:
    """A fault inside a group is named by its dotted name, and a secret is not repeated in the message."""
    Path("sanad.toml").write_text(f"[llm]\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        _gather(Grouped, {})
    assert str(caught.value).startswith(message.format(file=Path("sanad.toml").absolute()))


COMMON = ("llm.base_url", "llm.api_key", "embedding.base_url", "embedding.api_key")


@pytest.mark.parametrize(
    ("place", "named"), [("environment", "OPENAI_{}"), (".env", "OPENAI_{} in .env")], ids=["environment", "dotenv"]
)
def test_the_common_variables(monkeypatch: pytest.MonkeyPatch, place: str, named: str) -> None:
    """OPENAI_API_KEY and OPENAI_BASE_URL stand in for both endpoints' own settings, and say so; the key is masked."""
    common = {"OPENAI_API_KEY": "sk-canary", "OPENAI_BASE_URL": "http://gate/v1"}
    if place == ".env":
        Path(".env").write_text("".join(f"{name}={value}\n" for name, value in common.items()), encoding="utf-8")
    else:
        for name, value in common.items():
            monkeypatch.setenv(name, value)
    settings = load()
    assert [value for value in explain(settings) if value.name in COMMON] == [
        SettingValue(f"{group}.{field}", f"SANAD_{group.upper()}__{field.upper()}", value, named.format(field.upper()))
        for group in ("llm", "embedding")
        for field, value in (("base_url", "http://gate/v1"), ("api_key", "**********"))
    ]
    assert settings.llm.api_key == settings.embedding.api_key == SecretStr("sk-canary")


def test_our_own_settings_beat_the_common_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line in `sanad.toml` is meant for sanad, so it wins over a variable that is meant for anybody."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-common")
    Path("sanad.toml").write_text('[llm]\napi_key = "sk-own"\n', encoding="utf-8")
    settings = load()
    assert (settings.llm.api_key, settings.embedding.api_key) == (SecretStr("sk-own"), SecretStr("sk-common"))


@pytest.mark.parametrize(
    ("own_url", "common_url", "sent"),
    [
        (None, None, True),
        (None, "http://gate/v1", True),
        ("http://localhost:11434/v1", None, False),
        ("http://localhost:11434/v1", "http://gate/v1", False),
        ("http://gate/v1/", "http://gate/v1", True),
        ("https://api.openai.com/v1", None, True),
    ],
)
def test_a_key_is_not_shown_to_another_server(
    monkeypatch: pytest.MonkeyPatch, own_url: str | None, common_url: str | None, sent: bool
) -> None:
    """OPENAI_API_KEY goes to OPENAI_BASE_URL or OpenAI, and not to a server that only one endpoint is set to."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-common")
    for variable, url in (("OPENAI_BASE_URL", common_url), ("SANAD_LLM__BASE_URL", own_url)):
        if url:
            monkeypatch.setenv(variable, url)
    settings = load()
    assert (settings.llm.api_key, settings.embedding.api_key) == (SecretStr("sk-common") if sent else None, SecretStr("sk-common"))


def test_blanks_around_an_endpoint_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key read from a file brings its line end along, which no key has; blanks alone are nothing at all."""
    monkeypatch.setenv("SANAD_LLM__API_KEY", " sk-canary\n")
    monkeypatch.setenv("SANAD_LLM__MODEL", " small ")
    monkeypatch.setenv("SANAD_EMBEDDING__API_KEY", " ")
    monkeypatch.setenv("SANAD_EMBEDDING__BASE_URL", " ")
    settings = load()
    assert (settings.llm.api_key, settings.llm.model) == (SecretStr("sk-canary"), "small")
    assert (settings.embedding.api_key, settings.embedding.base_url) == (None, None)


def test_settings_made_by_hand_read_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Settings(...)` takes what it is given and looks nowhere else."""
    monkeypatch.setenv("SANAD_PASSAGES", "3")
    assert (Settings().passages, os.environ["SANAD_PASSAGES"]) == (8, "3")


def test_the_page_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names the page is reached by come with commas or as a list; its password is masked wherever it could show."""
    monkeypatch.setenv("SANAD_UI__PASSWORD", " sesame\n")
    monkeypatch.setenv("SANAD_UI__HOSTS", "News.example.org , 192.0.2.7,, ::1")
    settings = load()
    assert settings.ui.password == SecretStr("sesame")
    assert settings.ui.hosts == "news.example.org,192.0.2.7,::1"
    assert "sesame" not in repr(settings) + repr(explain(settings))
    monkeypatch.delenv("SANAD_UI__HOSTS")
    Path("sanad.toml").write_text('[ui]\nhosts = ["a.example", "b.example"]\nport = 8000\n', encoding="utf-8")
    assert (load().ui.hosts, load().ui.port) == ("a.example,b.example", 8_000)


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("SANAD_UI__HOSTS", "https://news.example", "without https://"),
        ("SANAD_UI__HOSTS", "news.example:8443", "without a port"),
        ("SANAD_UI__HOST", "  ", "an address of this machine"),
        ("SANAD_UI__PORT", "65536", "less than or equal to 65535"),
        ("SANAD_UI__PORT", "http", "valid integer"),
    ],
)
def test_a_page_that_cannot_be(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str) -> None:
    """A wrong place or name is refused in one line that names the variable."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert variable in str(caught.value)
    assert reason in str(caught.value)
