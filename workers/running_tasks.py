"""The tasks of arq's runs, where a job that was put back may run again before its last run has quite ended."""

import asyncio
from typing import Any


class RunningTasks(dict[str, "asyncio.Task[Any]"]):
    """Tasks by job. A run deletes its entry when its task has ended, so it leaves the entry of a newer run."""

    def __delitem__(self, job_id: str) -> None:
        """Delete the entry of an ended task."""
        if job_id in self and self[job_id].done():
            super().__delitem__(job_id)
