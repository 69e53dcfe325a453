"""Counts the connections of a whole run, ingesting, asking, serving the page, as the kernel sees them; none may leave the machine.

    python scripts/outward_connections.py

Needs Linux and strace. A connection to this machine is made first, to see that it is counted. Prints what else was connected to, by
kind, and each address that is not this machine's; exits 1 when there is one, 2 when it could not look.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONTROL = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
QUESTION = "نماینده ویژه پوتین در تهران با چه کسی دیدار کرد؟"
CALL = re.compile(r"(?:connect|sendto|sendmsg|sendmmsg)\((?P<call>.*)")
ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')


def main() -> int:
    if not (strace := shutil.which("strace")):
        print("there is no strace here", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("SANAD_", "OPENAI_"))},
            "HOME": name,
            "SANAD_LIBRARY": str(place / "library"),
            "PYTHONPATH": str(ROOT),
        }
        watch = [strace, "-f", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-A", "-o"]
        subprocess.run([*watch, str(place / "control"), sys.executable, "-c", CONTROL], check=False)
        if not (place / "control").exists() or not sum(_read(place / "control")[0].values()):
            print("strace sees nothing here", file=sys.stderr)
            return 2
        sanad = [*watch, str(place / "trace"), sys.executable, "-m", "assistant"]
        subprocess.run([*sanad, "ingest", "--seeds"], env=environment, cwd=name, check=True)
        subprocess.run([*sanad, "ask", QUESTION], env=environment, cwd=name, check=True, stdout=subprocess.DEVNULL)
        _serve(sanad, environment, name)
        kinds, outward = _read(place / "trace")
    found = ", ".join(f"{count} to {kind}" for kind, count in kinds.most_common())
    print(f"ingest, ask and the page made {sum(kinds.values())} connections{f': {found}' if found else ''}")
    for address in outward:
        print(f"left this machine: {address}")
    return 1 if outward else 0


def _serve(sanad: list[str], environment: dict[str, str], place: str) -> None:
    """Start the page, open it, ask it, and stop it."""
    with subprocess.Popen([*sanad, "ui"], env=environment, cwd=place, stderr=subprocess.PIPE, text=True) as page:
        assert page.stderr is not None
        address = next(found[0] for line in page.stderr if (found := re.search(r"http://[\d.:]+", line)))
        urllib.request.urlopen(f"{address}/", timeout=60).read()
        body = json.dumps({"question": QUESTION}).encode()
        request = urllib.request.Request(f"{address}/api/ask", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=120).read()
        children = Path(f"/proc/{page.pid}/task/{page.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGINT)


def _read(trace: Path) -> tuple[Counter[str], list[str]]:
    """What was sent or connected to, by kind, and the addresses that are not of this machine."""
    kinds: Counter[str] = Counter()
    outward = []
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        call = CALL.search(line)
        if call is None or "sa_family" not in call["call"]:
            continue  # sent over a connection that was counted when it was made
        address = next((found[1] or found[2] for found in [ADDRESS.search(call["call"])] if found), "")
        if not address:
            kinds["other processes and the kernel"] += 1
        elif address.startswith("127.") or address in ("::1", "::ffff:127.0.0.1"):
            kinds["this machine"] += 1
        else:
            kinds["elsewhere"] += 1
            outward.append(address)
    return kinds, outward


if __name__ == "__main__":
    sys.exit(main())
