"""arq's side of the store: payloads in MessagePack, and the redis-py connection that arq uses itself."""

from typing import Any

import msgspec
from arq.connections import ArqRedis
from arq.jobs import Job
from redis.asyncio.connection import Connection, ConnectionPool, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool

from shared.domain.store_url import TlsFiles, parse_store_url
from shared.store.keys import queue

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
    limits: dict[str, Any] = {"socket_timeout": ANSWER_S, "socket_connect_timeout": CONNECT_S}
    if at.path is None:
        limits["socket_keepalive"] = True
    named = {"lib_name": None, "lib_version": None}  # sends no CLIENT SETINFO, which Redis before 7.2 does not know
    options = {"username": at.username or None, "password": at.password or None, "db": at.database, **limits, **named}
    secured = _tls_options(at.tls)
    pool: ConnectionPool
    if at.path is not None:
        pool = ConnectionPool(UnixDomainSocketConnection, path=at.path, **options)
    elif at.primary is None:
        host, port = at.hosts[0]
        kind = SSLConnection if at.tls else Connection
        pool = ConnectionPool(kind, host=host, port=port, **options, **secured)
    else:
        login = {"username": at.sentinel_username or None, "password": at.sentinel_password or None}
        over = {"ssl": True, **secured} if at.tls else {}
        sentinel = Sentinel(list(at.hosts), sentinel_kwargs={**limits, **login, **over})  # type: ignore[no-untyped-call]
        pool = SentinelConnectionPool(at.primary, sentinel, **options, **over)  # type: ignore[no-untyped-call]
    return ArqRedis(pool, job_serializer=encode_job, job_deserializer=decode_job, default_queue_name=queue(provider))


def _tls_options(files: TlsFiles | None) -> dict[str, Any]:
    if files is None:
        return {}
    return {"ssl_ca_certs": files.ca, "ssl_certfile": files.cert, "ssl_keyfile": files.key or files.cert}


def arq_job(pool: ArqRedis, job_id: str) -> Job:
    """Return arq's handle on one of our jobs: status, info, abort."""
    return Job(job_id, pool, _queue_name=pool.default_queue_name, _deserializer=decode_job)
