"""Serves the page as the settings say; `sanad ui` does the same and takes options."""

from __future__ import annotations

import sys

from assistant import Assistant, AssistantError
from assistant.settings import load
from assistant.ui.options import options_from


def main() -> int:
    """The exit code, once the page has been stopped."""
    try:
        settings = load()
        options = options_from(settings)
        with Assistant.from_settings(settings) as assistant:
            from assistant.ui import serve

            return serve(assistant, options, settings=settings)
    except AssistantError as exc:
        print(f"sanad: {exc}", file=sys.stderr)
        return exc.exit_code


if __name__ == "__main__":
    sys.exit(main())
