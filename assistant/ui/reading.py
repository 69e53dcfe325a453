"""Work in a thread, its results in the event loop: what a synchronous stream of answers needs to be shown as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from threading import Thread
from typing import Generic, TypeVar

__all__ = ["Reading"]

Item = TypeVar("Item")


class Reading(Generic[Item]):
    """Runs `produce` in a thread of its own; what it emits comes in batches, the last item being one that `ends`.

    Make it in the event loop. Any thread may `emit`: an item that ends the reading may come from elsewhere too, and whatever
    comes after it is not looked at.
    """

    def __init__(self, produce: Callable[[Callable[[Item], None]], None], *, ends: Callable[[Item], bool]) -> None:
        self._loop = asyncio.get_running_loop()
        self._items: asyncio.Queue[Item] = asyncio.Queue()
        self._ends = ends
        self._thread = Thread(target=produce, args=(self.emit,), name="answer", daemon=True)

    def emit(self, item: Item) -> None:
        """Hand `item` over."""
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)

    async def batches(self, *, every: float, beat: float) -> AsyncIterator[list[Item]]:
        """What has been emitted since the last time, at most every so many seconds, up to the end.

        After `beat` seconds without anything comes an empty batch.
        """
        self._thread.start()
        while True:
            batch = await self._batch(beat)
            yield batch
            if batch and self._ends(batch[-1]):
                return
            await asyncio.sleep(every)

    async def _batch(self, beat: float) -> list[Item]:
        batch: list[Item] = []
        with suppress(TimeoutError):
            batch.append(await asyncio.wait_for(self._items.get(), beat))
        while batch and not self._ends(batch[-1]) and not self._items.empty():
            batch.append(self._items.get_nowait())
        return batch
