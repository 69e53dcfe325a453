"""What the user has set, gathered once, checked, and frozen; every value knows where it came from."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from platformdirs import user_config_dir, user_data_dir
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from assistant.errors import ConfigurationError

__all__ = ["SettingValue", "Settings", "UiSettings", "VectorSettings", "explain", "is_local", "load"]

PREFIX = "SANAD_"
FILE = "sanad.toml"
# Variables with our prefix that are no settings: where the outside sets of tests and evals lie.
NOT_SETTINGS = frozenset({"SANAD_BENCH"})
# Variables other programs use too; they stand in for the like-named settings of both endpoints.
COMMON = {"OPENAI_BASE_URL": "base_url", "OPENAI_API_KEY": "api_key"}
OPENAI = "https://api.openai.com/v1"
ENDPOINTS = ("llm", "embedding")
MASK = "**********"
_NAME = r"^[A-Za-z0-9._-]{1,128}$"  # of a tenant or a database: it becomes part of a URL


def _default_library() -> Path:
    return Path(user_data_dir("sanad", appauthor=False)) / "library"


class LlmSettings(BaseModel):
    """The model that writes answers. Without `model` nothing is sent anywhere and answers quote."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    model: str | None = Field(default=None, description="The chat model that writes answers; without it they only quote.")
    base_url: str | None = Field(
        default=None, description="Where the model is served, e.g. http://localhost:11434/v1; else OPENAI_BASE_URL, else OpenAI."
    )
    api_key: SecretStr | None = Field(
        default=None, description="Its key; else OPENAI_API_KEY, which goes to OPENAI_BASE_URL or OpenAI and nowhere else."
    )
    # Every hosted model of these days holds as much, and eight passages need a quarter of it.
    window: int = Field(default=32_000, ge=2_000, le=10_000_000, description="How many tokens the model reads and writes at once.")
    temperature: float = Field(default=0.0, ge=0, le=2, description="How freely the model words things.")
    timeout: float = Field(default=300.0, gt=0, le=86_400, description="Seconds one question may take with the model in all.")
    idle: float = Field(default=60.0, gt=0, le=86_400, description="Seconds the model's server may send nothing.")
    max_requests: int = Field(default=8, ge=1, le=1_000, description="Requests to the model one question may cost.")
    concurrency: int = Field(default=8, ge=1, le=1_000, description="Requests to the model under way at once; others wait.")
    price_in: float | None = Field(default=None, ge=0, allow_inf_nan=False, description="Price of a million tokens read.")
    price_out: float | None = Field(default=None, ge=0, allow_inf_nan=False, description="Price of a million tokens written.")

    @field_validator("model", "base_url", "api_key")
    @classmethod
    def _trimmed(cls, value: str | SecretStr | None) -> str | SecretStr | None:
        return _without_blanks(value)


class EmbeddingSettings(BaseModel):
    """The model that embeds passages and questions. Without `model` the embedded embedding does, on this machine."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    model: str | None = Field(default=None, description="The embedding model; without it the embedded embedding is used.")
    base_url: str | None = Field(
        default=None, description="Where the embedding model is served; else OPENAI_BASE_URL, else OpenAI."
    )
    api_key: SecretStr | None = Field(
        default=None, description="Its key; else OPENAI_API_KEY, which goes to OPENAI_BASE_URL or OpenAI and nowhere else."
    )
    dimension: int | None = Field(
        default=None, ge=1, le=65_536, description="Length to shorten vectors to, for models that can; else the model's own."
    )
    batch: int = Field(default=32, ge=1, le=2_048, description="Passages in one request.")
    concurrency: int = Field(default=4, ge=1, le=64, description="Requests under way at once.")
    timeout: float = Field(default=60.0, gt=0, le=86_400, description="Seconds the embedding server may send nothing.")
    query_prefix: str = Field(default="", description='Put before each question, such as "query:" for e5 models.')
    passage_prefix: str = Field(default="", description='Put before each passage, such as "passage:" for e5 models.')

    @field_validator("model", "base_url", "api_key")
    @classmethod
    def _trimmed(cls, value: str | SecretStr | None) -> str | SecretStr | None:
        return _without_blanks(value)


class UiSettings(BaseModel):
    """The page: where it listens, and whom it lets in."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    host: str = Field(
        default="127.0.0.1", description="Where the page listens; any address but this machine's own needs a password."
    )
    port: int | None = Field(default=None, ge=0, le=65_535, description="Its port; else 7860, or the next that is free.")
    password: SecretStr | None = Field(default=None, description="What visitors of the page are asked for, with any user name.")
    hosts: str = Field(default="", description="Other names the page is reached by, with commas between them.")
    questions_a_minute: int = Field(
        default=120, ge=0, le=100_000, description="Questions that one address elsewhere may ask in a minute; 0 is any number."
    )

    @field_validator("password")
    @classmethod
    def _trimmed(cls, value: SecretStr | None) -> SecretStr | None:
        return SecretStr(word) if value and (word := value.get_secret_value().strip()) else None

    @field_validator("host")
    @classmethod
    def _somewhere(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("it should be an address of this machine, such as 127.0.0.1 or 0.0.0.0")
        return value.strip()

    @field_validator("hosts", mode="before")
    @classmethod
    def _joined(cls, value: object) -> object:
        return ",".join(map(str, value)) if isinstance(value, list) else value

    @field_validator("hosts")
    @classmethod
    def _names(cls, value: str) -> str:
        names = [name.strip().lower() for name in value.split(",") if name.strip()]
        if not all(re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", name) for name in names):
            raise ValueError("it should be names such as news.example.org, without https:// and without a port")
        return ",".join(names)


class VectorSettings(BaseModel):
    """A Chroma server that keeps the vectors. Without `url` they are in the library folder."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    # Before `url`, which is judged by it.
    plain: bool = Field(default=False, description="Let vectors and the token go over a network unencrypted, to an http:// url.")
    url: str | None = Field(
        default=None, description="A Chroma server, e.g. http://localhost:8000; else vectors are in the library folder."
    )
    token: SecretStr | None = Field(default=None, description="What the server, or the proxy before it, asks for.")
    header: str = Field(
        default="Authorization",
        pattern=r"^[A-Za-z0-9-]+$",
        description="The header the token goes in; x-chroma-token for Chroma Cloud.",
    )
    tenant: str = Field(default="default_tenant", pattern=_NAME, description="The tenant on the server.")
    database: str = Field(default="default_database", pattern=_NAME, description="The tenant's database.")
    collection: str = Field(
        default="sanad", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="How the names of our collections there begin."
    )
    timeout: float = Field(default=8.0, gt=0, le=600, description="Seconds the server may be silent.")

    @field_validator("url", "token")
    @classmethod
    def _trimmed(cls, value: str | SecretStr | None) -> str | SecretStr | None:
        return _without_blanks(value)

    @field_validator("url")
    @classmethod
    def _somewhere(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        address = urlsplit(value)
        if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
            raise ValueError("it should be an address such as http://localhost:8000 or https://vectors.example.org")
        if address.username or address.password:
            raise ValueError("it should hold no password; set SANAD_VECTORS__TOKEN")
        if address.scheme == "http" and not is_local(address.hostname) and not info.data.get("plain"):
            raise ValueError("it should begin with https://; SANAD_VECTORS__PLAIN=true allows everybody on the way to read along")
        return value.rstrip("/")


def is_local(host: str) -> bool:
    """Whether what is sent to `host` stays on this machine."""
    return host == "localhost" or host.endswith(".localhost") or re.fullmatch(r"::1|127(\.\d{1,3}){3}", host) is not None


def _without_blanks(value: str | SecretStr | None) -> str | SecretStr | None:
    """The value as it was meant: a line end that came along from a file is cut off, an empty one is none."""
    if isinstance(value, SecretStr):
        return SecretStr(key) if (key := value.get_secret_value().strip()) else None
    return (value and value.strip()) or None


class Settings(BaseModel):
    """Every choice a user can make outside a command line; made by `load`.

    A nested group is another frozen model: `llm: LlmSettings` reads `SANAD_LLM__MODEL` and `[llm] model`. Fields that
    hold a key are `SecretStr`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    library: Path = Field(default_factory=_default_library, description="The folder the library lives in.")
    language: str | None = Field(default=None, description="The language of answers (fa, ar, en); else the question's.")
    offline: bool = Field(default=False, description="Connect to nothing, whatever else is set.")
    passages: int = Field(default=8, ge=1, le=100, description="How many passages an answer may draw on.")
    lock_wait: float = Field(
        default=5.0, ge=0, allow_inf_nan=False, description="Seconds to wait for a library that another process changes."
    )
    llm: LlmSettings = Field(default_factory=LlmSettings)
    embedding: EmbeddingSettings = Field(default_factory=EmbeddingSettings)
    ui: UiSettings = Field(default_factory=UiSettings)
    vectors: VectorSettings = Field(default_factory=VectorSettings)

    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @field_validator("library", mode="before")
    @classmethod
    def _not_empty(cls, value: object) -> object:
        if value == "":  # pathlib reads it as the working directory
            raise ValueError("it should be the path of a folder")
        return value

    @field_validator("library")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        try:
            return value.expanduser().absolute()
        except RuntimeError as exc:
            raise ValueError(f"there is no such user ({exc})") from exc

    @field_validator("language")
    @classmethod
    def _iso_code(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch("[a-z]{2,3}", value.lower()):
            raise ValueError("it should be an ISO 639 code such as fa, ar or en")
        return value and value.lower()


@dataclass(frozen=True, slots=True)
class SettingValue:
    """One setting as `sanad config` shows it: the value fit for JSON, a secret masked, and where it came from."""

    name: str
    variable: str
    value: str | int | float | None
    source: str


def load(library: str | Path | None = None, **overrides: object) -> Settings:
    """The settings in force: arguments that are not None, then `SANAD_…` variables, `.env` and `sanad.toml` in the
    working directory, `sanad.toml` in the user's configuration folder, OPENAI_API_KEY and OPENAI_BASE_URL, defaults.

    Raises ConfigurationError, in one line, for an unknown setting, a wrong value or a file that cannot be read.
    """
    return _gather(Settings, {"library": library, **overrides})


def explain(settings: Settings) -> list[SettingValue]:
    """Every setting with its value and where it came from, in the order of the fields."""
    return [
        SettingValue(name, _variable(name), _shown(attrgetter(name)(settings)), settings._origins.get(name, "default"))
        for name in _fields(type(settings))
    ]


AnySettings = TypeVar("AnySettings", bound=Settings)


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one place says: dotted setting names with raw values."""

    origin: str
    values: Mapping[str, object]


def _gather(kind: type[AnySettings], arguments: Mapping[str, object]) -> AnySettings:
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    homes = {OPENAI}
    for layer in _layers(arguments):  # the weakest first: a later one overwrites
        _refuse_unknown(layer, _fields(kind))
        values.update(layer.values)
        origins.update(dict.fromkeys(layer.values, layer.origin))
        if layer.origin.startswith("OPENAI_BASE_URL"):
            homes = {OPENAI, *map(str, layer.values.values())}
    _keep_keys_at_home(values, origins, homes)
    try:
        settings = kind.model_validate(_nested(values))
    except ValidationError as exc:
        raise _complaint(exc, kind, origins) from exc
    settings._origins = origins
    return settings


def _layers(arguments: Mapping[str, object]) -> Iterator[_Layer]:
    dotenv = _read_dotenv(Path(".env"))
    yield from _common(dotenv, " in .env")
    yield from _common(os.environ, "")
    for file in (Path(user_config_dir("sanad", appauthor=False)) / FILE, Path(FILE).absolute()):
        yield _Layer(str(file), dict(_flat(_read_toml(file))))
    yield _Layer(".env", _from_variables(dotenv))
    yield _Layer("environment", _from_variables(os.environ))
    yield _Layer("argument", {name: value for name, value in arguments.items() if value is not None})


def _common(variables: Mapping[str, str | None], place: str) -> Iterator[_Layer]:
    for variable, field in COMMON.items():
        if value := variables.get(variable):
            yield _Layer(f"{variable}{place}", {f"{group}.{field}": value for group in ENDPOINTS})


def _keep_keys_at_home(values: dict[str, object], origins: dict[str, str], homes: Iterable[str]) -> None:
    """Drops OPENAI_API_KEY where the endpoint is another one: a key is not shown to a server it was not made for."""
    for group in ENDPOINTS:
        key, url = f"{group}.api_key", str(values.get(f"{group}.base_url", OPENAI))
        if origins.get(key, "").startswith("OPENAI_") and url.rstrip("/") not in {home.rstrip("/") for home in homes}:
            del values[key], origins[key]


def _from_variables(variables: Mapping[str, str | None]) -> dict[str, object]:
    """Our variables as settings; an empty one counts as not set, as in `SANAD_LANGUAGE= sanad ask …`."""
    return {
        variable.removeprefix(PREFIX).lower().replace("__", "."): value
        for variable, value in variables.items()
        if variable.startswith(PREFIX) and variable not in NOT_SETTINGS and value
    }


def _read_dotenv(file: Path) -> Mapping[str, str | None]:
    if not file.is_file():  # a virtual environment may be called .env too
        return {}
    from dotenv import dotenv_values

    try:
        return dotenv_values(file, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError("{file} cannot be read: {reason}", file=file.absolute(), reason=str(exc)) from exc


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as exc:  # ValueError: not UTF-8, or not TOML
        raise ConfigurationError("{file} cannot be read: {reason}", file=file, reason=str(exc)) from exc


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _nested(values: Mapping[str, object]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *groups, leaf = name.split(".")
        table = tree
        for group in groups:
            table = table.setdefault(group, {})
        table[leaf] = value
    return tree


def _fields(kind: type[BaseModel], prefix: str = "") -> dict[str, FieldInfo]:
    """Every setting by its dotted name, those of nested groups included."""
    found: dict[str, FieldInfo] = {}
    for name, info in kind.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found |= _fields(info.annotation, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = info
    return found


def _variable(name: str) -> str:
    return PREFIX + name.upper().replace(".", "__")


def _refuse_unknown(layer: _Layer, known: Iterable[str]) -> None:
    """Stops at a key that is no setting: a misspelt one would otherwise be silently without effect."""
    names = list(known)
    for name in layer.values:
        if name not in names:
            spell = _variable if layer.origin in ("environment", ".env") else str
            nearest = get_close_matches(name.lower(), names, n=1, cutoff=0)[0]
            raise ConfigurationError(
                "{name} ({origin}) is not a setting; did you mean {nearest}?",
                name=spell(name),
                origin=layer.origin,
                nearest=spell(nearest),
            )


def _complaint(exc: ValidationError, kind: type[BaseModel], origins: Mapping[str, str]) -> ConfigurationError:
    """The first fault in one line: the setting, its variable, the value unless it is a secret, and what it should be."""
    fault = exc.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in fault["loc"]) + "."  # inside a union or a list it goes on past the setting
    name, field = next((name, field) for name, field in _fields(kind).items() if place.startswith(f"{name}."))
    value = MASK if "SecretStr" in str(field.annotation) else _shortened(repr(fault["input"]))
    reason = fault["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    return ConfigurationError(
        "{name} ({variable}) is {value}, from {origin}: {reason}",
        name=name,
        variable=_variable(name),
        value=value,
        origin=origins.get(name, "default"),
        reason=reason,
    )


def _shortened(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _shown(value: object) -> str | int | float | None:
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    return value if value is None or isinstance(value, (str, int, float)) else str(value)
