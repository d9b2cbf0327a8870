"""A store of blobs in a bucket of any S3-compatible service."""

from modelbox_gateway.blobs.s3.store import S3Store

__all__ = ["S3Store"]
