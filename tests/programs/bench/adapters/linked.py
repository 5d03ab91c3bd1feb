"""An adapter whose results are links to large videos, which the worker copies."""

from workers.adapters import contract
from workers.adapters.contract import Call, Done, Link, Pending


class Adapter(contract.Adapter):
    """Answers each submit with a link."""

    async def submit(self, call: Call) -> Pending | Done:
        """Return a link to a video."""
        return Done((Link(f"{self.setup.base_url}/video", "video/mp4"),))
