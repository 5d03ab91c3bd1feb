"""Hash and verify passwords with Argon2id, in threads, a few at a time: each takes memory and a core."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.admission.slots import Slots

# The recommendation of OWASP for servers: 19 MiB, two passes, one thread.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
AT_ONCE, WAITING_MAX, WAITING_EACH = 2, 50, 4
BUSY = "Several sign-ins from your address are under way. Try again in a moment."
NOBODYS = (  # of a password that nobody has
    "$argon2id$v=19$m=19456,t=2,p=1$zAWDbb09wA+BapdqViqurw$2FXQqnM2O+1aflNfU0uF6m3zeNfHWRiOKG9Q/edU8os"
)


class Passwords:
    """The work on passwords of one gateway process."""

    def __init__(self) -> None:
        self._slots = Slots(WAITING_MAX, WAITING_EACH, BUSY)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str, address: str) -> str:
        """Return the hash of a password. Raises Refused if too many wait."""
        with self._slots.hold(address):
            async with self._turns:
                return await asyncio.to_thread(HASHER.hash, password)

    async def verify(self, stored: str, password: str, address: str) -> bool:
        """Return whether a password has a hash. Without a hash, as for an unknown person, it takes as long.

        Raises Refused if too many wait.
        """
        with self._slots.hold(address):
            async with self._turns:
                return await asyncio.to_thread(_verify, stored or NOBODYS, password) and bool(stored)


def is_outdated(stored: str) -> bool:
    """Return whether a hash was made with other parameters than those of today."""
    return HASHER.check_needs_rehash(stored)


def _verify(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
