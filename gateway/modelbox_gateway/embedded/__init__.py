"""The real servers that a process starts for itself: Postgres and nats-server, from wheels."""
