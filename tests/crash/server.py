"""The same with the vectors on a Chroma server: our process is killed at its work, or the server is."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path
from typing import Any

from chroma_server import ChromaServer
from crash.kills import WORK, Kill, wait_for
from crash.nursery import Child, Died, Nursery
from crash.points import Point

__all__ = ["ServerKills"]


class ServerKills:
    """A place for a library whose vectors are on `server`, and that server's own folder."""

    def __init__(self, nursery: Nursery, place: Path, server: ChromaServer, folder: Path) -> None:
        self._nursery = nursery
        self._root = place / "world"
        self._server = server
        self._folder = folder

    def at(self, point: Point) -> Kill:
        """Kill a process of ours at a fault point; the server goes on."""
        shutil.rmtree(self._root, ignore_errors=True)
        if point.doing != "create":
            with self._nursery.fork() as child:
                child.do("step", root=str(self._root), server=self._server.url, step=WORK["create"])
        try:
            with self._nursery.fork() as child:
                child.do("step", root=str(self._root), server=self._server.url, step=WORK[point.doing], point=point.name)
            killed = False
        except Died:
            killed = True
        return Kill("with a server", point.name, killed, self._check("again"), note=point.doing)

    def server_killed(self, seed: str, *, written: bool, size: int = 12) -> Kill:
        """Kill the server in the midst of mixed work, at some moment or when it has `written` a vector file, and start it again."""
        shutil.rmtree(self._root, ignore_errors=True)
        chance = random.Random(seed)
        lines, pause = chance.randint(3, 14), chance.uniform(0, 0.2)
        with self._nursery.fork() as child:
            child.tell("work", root=str(self._root), server=self._server.url, seed=seed, steps=200, size=size)
            wait_for(lambda: self._lines() >= lines, child)
            if written:
                before = self._stamps()
                wait_for(lambda: self._stamps() != before, child, busy=True)
            else:
                time.sleep(pause)
            self._server.kill()
            said = self._end_of(child)
        self._server.start()
        name = f"{'vector file of the server' if written else 'server'} {seed}"
        return Kill("server", name, "VectorsUnavailable" in said, self._check(chance.choice(["ask", "again"])), note=said[-200:])

    def _end_of(self, child: Child) -> str:
        """What the process said when it could not go on."""
        try:
            child.answer()
        except AssertionError as exc:
            return str(exc)
        return "it went on without a server"

    def _stamps(self) -> set[tuple[str, int, int]]:
        """What tells versions of the server's vector files apart."""
        found = set()
        for segment in os.listdir(self._folder):
            try:
                stat = os.stat(f"{self._folder}/{segment}/data_level0.bin")
                found.add((segment, stat.st_size, stat.st_mtime_ns))
            except (FileNotFoundError, NotADirectoryError):
                continue
        return found

    def _lines(self) -> int:
        try:
            return (self._root / "ledger").read_bytes().count(b"\n")
        except FileNotFoundError:
            return 0

    def _check(self, first: str) -> dict[str, Any]:
        with self._nursery.fork() as child:
            try:
                found: dict[str, Any] = child.do("check", root=str(self._root), first=first, every=False, server=self._server.url)
                return found
            except (Died, AssertionError, TimeoutError) as exc:
                child.kill()
                return {"faults": [f"the next process could not go on: {exc}"]}
