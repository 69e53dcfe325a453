"""How the page is served: where, to whom, and what a visitor may do."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from assistant.errors import ConfigurationError
from assistant.settings import Settings

__all__ = ["Options", "is_loopback", "options_from"]

PORT = 7860


@dataclass(frozen=True, slots=True)
class Options:
    """Where the page listens and what it lets its visitors do.

    `hosts` are names it may be reached by besides those of this machine. When `port` is taken, the next free one serves if
    `or_next`. `a_minute` is how many questions one address may ask, 0 any number. `password` is asked of everybody;
    `behind_proxy` says that a proxy in front looks after passwords and TLS.
    """

    host: str = "127.0.0.1"
    port: int = PORT
    read_only: bool = False
    mcp: bool = False
    password: str | None = None
    hosts: tuple[str, ...] = ()
    behind_proxy: bool = False
    or_next: bool = False
    a_minute: int = 120


def options_from(
    settings: Settings,
    *,
    host: str | None = None,
    port: int | None = None,
    read_only: bool = False,
    mcp: bool = False,
    behind_proxy: bool = False,
) -> Options:
    """The options that are given, the settings for those that are not.

    Raises ConfigurationError when others could reach the page and nobody would ask them for a password.
    """
    place = host or settings.ui.host
    wanted = settings.ui.port if port is None else port
    password = settings.ui.password
    if not (is_loopback(place) or password or behind_proxy):
        raise ConfigurationError(
            "At {host} others could reach the page without a password; set SANAD_UI__PASSWORD, or give --behind-proxy when a"
            " proxy in front of it asks for one.",
            host=place,
        )
    return Options(
        host=place,
        port=PORT if wanted is None else wanted,
        read_only=read_only,
        mcp=mcp,
        password=password.get_secret_value() if password else None,
        hosts=tuple(name for name in settings.ui.hosts.split(",") if name),
        behind_proxy=behind_proxy,
        or_next=wanted is None,
        a_minute=settings.ui.questions_a_minute,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens at `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
