# One image, four commands: teacher-graph serve gateway|cms|ras, and teacher-graph migrate all.

FROM python:3.13-slim-trixie AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /src
COPY pyproject.toml requirements.lock ./
# The lock holds the development packages too. As constraints it lends its versions and hashes to the runtime set
# alone; pip cannot do that with every release, so uv does, itself taken from the lock.
RUN awk '/^[^ ]/ { wanted = /^uv==/ } wanted' requirements.lock > /tmp/uv.txt \
    && pip install --no-cache-dir --no-deps --require-hashes -r /tmp/uv.txt \
    && python -m venv --without-pip /opt/teacher-graph \
    && uv pip install --python /opt/teacher-graph --no-cache --only-binary :all: \
        --require-hashes --constraints requirements.lock -r pyproject.toml
COPY README.md ./
COPY kit kit
COPY cli cli
COPY gateway gateway
COPY cms_service cms_service
COPY ras_service ras_service
COPY migrations migrations
RUN uv build --wheel --no-cache --require-hashes --build-constraints requirements.lock --out-dir /tmp/wheel \
    && uv pip install --python /opt/teacher-graph --no-cache --no-deps /tmp/wheel/*.whl

FROM python:3.13-slim-trixie
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin teacher-graph
COPY --from=build /opt/teacher-graph /opt/teacher-graph
ENV PATH=/opt/teacher-graph/bin:$PATH PYTHONUNBUFFERED=1
# By number, so that a cluster can check that it is not root.
USER 10001:10001
CMD ["teacher-graph", "--help"]
