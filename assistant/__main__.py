"""Lets `python -m assistant` be the command `sanad`."""

from assistant.cli import main

if __name__ == "__main__":
    main()
