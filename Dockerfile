# One image for every role: `docker build -t wokflow .`; the command chooses the role (docs/scale.md, deploy/compose.yaml).
FROM python:3.11-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY pyproject.toml README.md ./
COPY deploy/requirements.txt deploy/
# Dependencies come before our sources, so that a change of source reuses this layer. Python finds the sources through
# PYTHONPATH. Each file must have the hash in requirements.txt (`make pins`). pip stays outside the environment that the last stage copies, and so do the debug symbols of the language
# model's library.
RUN python -m venv --without-pip /venv \
    && python -m pip --python /venv/bin/python install --no-deps --require-hashes --requirement deploy/requirements.txt \
    && python -m pip --python /venv/bin/python install --no-deps --no-build-isolation --editable . \
    && strip --strip-debug /venv/lib/python3.11/site-packages/xllamacpp/*.so
COPY gateway gateway
COPY workers workers
COPY shared shared
COPY operate operate
COPY offline offline
COPY deploy/catalogue.toml deploy/healthy.py deploy/
COPY deploy/catalogue deploy/catalogue
COPY sdk/wokgen.ts sdk/
RUN /venv/bin/python -m compileall -q gateway workers shared operate offline deploy

FROM python:3.11-slim-bookworm
# The local provider's language model needs libgomp1. The embedded store is faster with libjemalloc2. Their versions are
# those of the base image's Debian.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 libjemalloc2 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 wokflow \
    && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /data --shell /usr/sbin/nologin wokflow \
    && install --directory --owner 10001 --group 10001 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
# Processes write only to DATA_DIR and /tmp, so a read-only root filesystem works.
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8080 \
    METRICS_PORT=9100 \
    LOG_FORMAT=json
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8080 9100
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["python", "-m", "deploy.healthy"]
CMD ["python", "-m", "gateway"]
