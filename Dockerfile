# One file for every image; docker-compose.yml builds them all. One of them alone:
#
#   docker build --build-arg SERVICE=billing --tag savepoint/billing:dev .
#
# SERVICE: staff, hall, billing, fiscal (the central app), console, fiscal-worker, kkm-emulator, tools (the `savepoint` command).
# Two layers make an image: the pinned packages, which change seldom, and the members of the workspace that it needs.

ARG PYTHON_IMAGE=python:3.13-slim
ARG SERVICE


# ---- Which members an image holds: those that requirements/lock.py pins for it. ----

FROM scratch AS kit
COPY libs/contracts /app/libs/contracts
COPY libs/kit /app/libs/kit

FROM kit AS edge
COPY libs/edge /app/libs/edge

FROM edge AS members-staff
COPY services/staff /app/services/staff

FROM edge AS members-hall
COPY services/hall /app/services/hall

FROM edge AS members-billing
COPY services/billing /app/services/billing

FROM edge AS members-fiscal
COPY services/fiscal /app/services/fiscal

FROM kit AS members-console
COPY services/console /app/services/console

FROM kit AS members-fiscal-worker
COPY services/fiscal /app/services/fiscal

FROM scratch AS members-kkm-emulator
COPY emulators/kkm_server /app/emulators/kkm_server

FROM edge AS members-tools
COPY services /app/services
COPY savepoint /app/savepoint

FROM members-${SERVICE} AS members


# ---- Building: uv, the pinned packages, the members. ----

FROM ${PYTHON_IMAGE} AS uv
COPY requirements/uv.txt /build/uv.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --quiet --disable-pip-version-check --require-hashes --requirement /build/uv.txt
# The cache is another file system than the image: nothing can be linked from it.
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1

FROM uv AS packages
ARG SERVICE
COPY requirements/${SERVICE}.txt /build/requirements.txt
# Wheels alone: nothing is compiled, and no package runs code of its own here.
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip sync --quiet --target /app/packages --require-hashes --no-build --compile-bytecode /build/requirements.txt

FROM uv AS build
COPY --from=members /app /app
COPY deploy/compose/healthy.py /app/healthy.py
# Editable, where they stand: a service finds its migrations beside its package. `--offline`: uv builds them by itself.
RUN python3 -m compileall -q /app \
 && members=$(find /app -name pyproject.toml -printf ' --editable %h') \
 && uv venv --quiet --python "$(command -v python3)" /app/.venv \
 && echo /app/packages >"$(echo /app/.venv/lib/python3*/site-packages)/packages.pth" \
 && uv pip install --quiet --python /app/.venv --offline --no-deps $members


# ---- Running. ----

FROM ${PYTHON_IMAGE} AS base
# A fixed number, so that volumes keep their owner and Kubernetes sees that it is not root.
RUN groupadd --gid 10001 savepoint \
 && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin savepoint \
 && install --directory --owner=savepoint --group=savepoint --mode=700 /data
# SAFEPATH: what lies in the working directory is never imported.
ENV PATH=/app/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=5 \
    CMD ["python", "-I", "-S", "/app/healthy.py"]

FROM base AS run-staff
CMD ["python", "-m", "staff.app"]

FROM base AS run-hall
CMD ["python", "-m", "hall.app"]

FROM base AS run-billing
CMD ["python", "-m", "billing.app"]

FROM base AS run-fiscal
CMD ["python", "-m", "fiscal.central.app"]

FROM base AS run-console
CMD ["python", "-m", "console.app"]

FROM base AS run-fiscal-worker
VOLUME /data
CMD ["python", "-m", "fiscal.worker.app"]

FROM base AS run-kkm-emulator
VOLUME /data
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=5 \
    CMD ["python", "-I", "-S", "/app/healthy.py", "5893", "/"]
CMD ["savepoint-kkm-emulator", "--listen", "0.0.0.0", "--data", "/data"]

FROM base AS run-tools
HEALTHCHECK NONE
ENTRYPOINT ["savepoint"]
CMD ["--help"]

FROM run-${SERVICE}
COPY --from=packages /app/packages /app/packages
COPY --from=build /app /app
