"""Where the vectors of a library are kept when that is a Chroma server, as the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from assistant.errors import Notice
from assistant.settings import Settings, is_local

__all__ = ["VectorServer", "server_from"]


@dataclass(frozen=True, slots=True)
class VectorServer:
    """A Chroma server and our place on it: collections of `tenant` and `database` whose names begin with `prefix`.

    It may be silent for `timeout` seconds. `refused` says why it must not be asked at all.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tenant: str = "default_tenant"
    database: str = "default_database"
    prefix: str = "sanad"
    timeout: float = 8.0
    refused: str | None = None


def server_from(settings: Settings) -> VectorServer | None:
    """The server that is set, None when none is; with `offline` it is refused unless it is this machine's own."""
    chosen = settings.vectors
    if not chosen.url:
        return None
    headers: dict[str, str] = {}
    if chosen.token:
        token = chosen.token.get_secret_value()
        headers[chosen.header] = f"Bearer {token}" if chosen.header.lower() == "authorization" else token
    refused = None
    if settings.offline and not is_local(urlsplit(chosen.url).hostname or ""):
        refused = Notice(
            "The vector server {url} is not asked while SANAD_OFFLINE (or --offline) is set; unset it.", url=chosen.url
        )
    return VectorServer(
        chosen.url, headers, chosen.tenant, chosen.database, chosen.collection, timeout=chosen.timeout, refused=refused
    )
