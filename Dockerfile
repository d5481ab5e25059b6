# One image for every role of ours: northstar-edge, northstar-workers, northstar-local (for its S3 server) and northstar-audit.

FROM rust:1.95-bookworm AS build
WORKDIR /northstar
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/northstar/target \
    cargo build --locked --release -p edge -p workers -p local -p audit --bins \
    && mkdir /built \
    && cp target/release/northstar-edge target/release/northstar-workers target/release/northstar-local \
        target/release/northstar-audit /built/

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 northstar \
    && install --directory --owner northstar /data
COPY --from=build /built/ /usr/local/bin/
USER northstar
# Each role names its own command; a container that is told none says what there is.
CMD ["northstar-local", "--help"]
