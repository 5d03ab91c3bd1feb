"""arq's side of the store: payloads in MessagePack, and the redis-py connection that arq uses itself."""

from typing import Any

import msgspec
from arq.connections import ArqRedis
from arq.jobs import Job
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool

from shared.store.keys import queue
from shared.store.store_url import parse_store_url

ANSWER_S, CONNECT_S = 3.0, 3.0  # a blocking pop waits much less; past it the connection is dead


def encode_job(job: object) -> bytes:
    """Encode a job for arq. Raises TypeError for a value outside MessagePack: jobs are never pickled."""
    return msgspec.msgpack.encode(job)


def decode_job(raw: bytes) -> dict[str, object]:
    """Decode arq's fields of a job (t, f, a, k, et) or of a result. Raises msgspec.DecodeError."""
    return msgspec.msgpack.decode(raw, type=dict[str, object])


def arq_pool(url: str, provider: str) -> ArqRedis:
    """Return a redis-py connection pool for arq's blocking pops, cron and tools."""
    at = parse_store_url(url)
    pool: ConnectionPool
    limits: dict[str, Any] = {"socket_timeout": ANSWER_S, "socket_connect_timeout": CONNECT_S}
    if at.path is None:
        limits["socket_keepalive"] = True
    if at.primary is None:
        pool = ConnectionPool.from_url(url, **limits)
    else:
        options = {"username": at.username or None, "password": at.password or None, "db": at.database, **limits}
        sentinel = Sentinel(list(at.hosts), sentinel_kwargs=limits)  # type: ignore[no-untyped-call]
        pool = SentinelConnectionPool(at.primary, sentinel, **options)  # type: ignore[no-untyped-call]
    return ArqRedis(pool, job_serializer=encode_job, job_deserializer=decode_job, default_queue_name=queue(provider))


def arq_job(pool: ArqRedis, job_id: str) -> Job:
    """Return arq's handle on one of our jobs: status, info, abort."""
    return Job(job_id, pool, _queue_name=pool.default_queue_name, _deserializer=decode_job)
