# Two stages: the compiler and the build tools stay in the first, the image that runs holds wheels only.
FROM python:3.11-slim-bookworm AS build
# The rules engine is published as source, with a part in C.
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
WORKDIR /src
COPY requirements/build.txt requirements/run.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt \
 && pip wheel --no-cache-dir --require-hashes --no-build-isolation -r requirements/run.txt --wheel-dir /wheels
COPY pyproject.toml LICENSE ./
COPY rules rules
COPY schemas schemas
COPY service service
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation . --wheel-dir /wheels

FROM python:3.11-slim-bookworm
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --no-deps /wheels/*.whl
# A number, so that a cluster can see that it is not root.
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/health/live', timeout=2)"]
# Loopback only: nothing authenticates callers yet, so magflag refuses any other address. Compose shares the host's network.
CMD ["magflag", "serve", "--host", "127.0.0.1", "--port", "8080"]
