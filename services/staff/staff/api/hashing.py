"""Passwords hashed off the event loop, and only so many at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from staff.domain import passwords

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 4
"""19 MiB each. A flood of sign-ins waits here, in threads of its own, and nothing else does."""


class Hashing:
    """Makes and compares argon2 hashes in threads."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="argon2")

    async def hashed(self, password: str) -> str:
        return await self._run(passwords.hashed, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password; None, an unknown login's hash, takes as long and is False."""
        same = await self._run(passwords.matches, password_hash or passwords.DECOY, password)
        return same and password_hash is not None

    async def _run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments, **named))
