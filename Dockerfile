# Two stages: the compiler and the build tools stay in the first, the image that runs holds wheels only.
# .ci/image_steps.py takes these same steps without Docker, in fresh virtual environments.
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
    pip install --no-cache-dir --no-index --no-deps /wheels/*.whl \
 && pip check
# The user is a number, so that a cluster can see that it is not root. A new volume takes over whose this folder is.
RUN install --directory --owner=10001 --group=10001 --mode=700 /var/lib/magflag
USER 10001
# Without PostgreSQL it keeps an SQLite file in the volume. Secrets are files, which settings name; none is set here.
ENV MAGFLAG_DATABASE_URL=sqlite:////var/lib/magflag/magflag.db \
    MAGFLAG_CLIENTS=/etc/magflag/clients.yaml
VOLUME /var/lib/magflag
EXPOSE 8080
# Ready, and not only alive: without its database it answers nothing that is to be kept. It recovers without a restart.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/health/ready', timeout=4)"]
# Reachable from outside, so every caller is asked who it is: magflag does not start without the clients file.
CMD ["magflag", "serve", "--host", "0.0.0.0", "--port", "8080"]
