# The bot as a small image: a wheel of this checkout, its libraries by hash, no build tools, no root.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src

# Libraries first: they change seldom, and the layer is kept.
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-deps --require-hashes -r requirements-build.txt \
 && python -m venv /opt/registry-bot \
 && /opt/registry-bot/bin/pip install --no-deps --require-hashes -r requirements.txt

COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY handlers handlers
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /opt/registry-bot/bin/pip install --no-deps --no-index /wheel/*.whl \
 && /opt/registry-bot/bin/pip uninstall --yes setuptools pip

FROM python:3.11-slim
LABEL org.opencontainers.image.title="registry-bot" \
      org.opencontainers.image.description="Approve in chat, and Seqera Tower gets its registry credential" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN python -m pip uninstall --yes --root-user-action=ignore setuptools wheel pip \
 && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin bot
COPY --from=build /opt/registry-bot /opt/registry-bot
# 0.0.0.0 is the container's own network; who may reach it is up to whoever publishes the port.
ENV PATH=/opt/registry-bot/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    REGISTRY_BOT_HOST=0.0.0.0 \
    REGISTRY_BOT_PORT=8080
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ['REGISTRY_BOT_PORT'] + '/healthz', timeout=2)"]
ENTRYPOINT ["registry-bot"]
CMD ["serve"]
