"""The sections of the service's configuration: the keys of each, with their defaults and what they mean."""

from typing import Annotated

import msgspec
from msgspec import Meta

from modelbox_gateway.settings import SECRET


class PostgresSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Section `metadata_storage_postgres`."""

    dsn: Annotated[str, Meta(description='With metadata_storage = "postgres": postgresql://user:password@host/db')] = ""
    allow_unsafe: Annotated[
        bool,
        Meta(description="Start although fsync or synchronous_commit is off: acknowledged events can then be lost."),
    ] = False


class NatsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Section `change_stream_nats`."""

    servers: Annotated[
        tuple[str, ...], Meta(description='With change_stream = "nats": the servers, like ["nats://host:4222"].')
    ] = ()
    credentials: Annotated[str, Meta(description="A NATS credentials file; empty for none.")] = ""
    replicas: Annotated[int, Meta(description="Copies of the feed in a cluster: 1, 3 or 5.")] = 1


class FilesystemSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Section `artifact_storage_filesystem`."""

    folder: Annotated[
        str,
        Meta(description="The folder for artifacts; several gateways share one. Empty: blobs under data_dir."),
    ] = ""


class S3Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Section `artifact_storage_s3`."""

    endpoint: Annotated[
        str, Meta(description='With artifact_storage = "s3": the service, host or host:port, like "s3.amazonaws.com".')
    ] = ""
    public_endpoint: Annotated[
        str, Meta(description="The service as clients reach it, in the links they get. Empty: endpoint.")
    ] = ""
    bucket: Annotated[str, Meta(description="The bucket, which must exist.")] = ""
    access_key: Annotated[str, Meta(description="The key's id.", extra=SECRET)] = ""
    secret_key: Annotated[str, Meta(description="The key itself; better in the environment.", extra=SECRET)] = ""
    region: Annotated[str, Meta(description="The bucket's region.")] = "us-east-1"
    secure: Annotated[bool, Meta(description="Whether to speak TLS with the service.")] = True
    prefix: Annotated[
        str, Meta(description='What every object\'s key begins with, like "modelbox/"; empty for the whole bucket.')
    ] = ""

    def __repr__(self) -> str:
        """Say where it is, not how to get in: a value may end in a log or a traceback."""
        return f"S3Settings(endpoint={self.endpoint!r}, bucket={self.bucket!r}, prefix={self.prefix!r})"


class PluginSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Section `artifact_storage_plugin`."""

    name: Annotated[
        str,
        Meta(
            description='With artifact_storage = "plugin": a store that an installed package brings (entry-point group '
            "modelbox.blob_stores)."
        ),
    ] = ""
    options: Annotated[
        dict[str, str], Meta(description='What that store wants to know, like { container = "models" }.', extra=SECRET)
    ] = {}

    def __repr__(self) -> str:
        """Say which, not with what options: they may hold secrets."""
        return f"PluginSettings(name={self.name!r})"
