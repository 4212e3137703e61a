"""Checks of an OCI runtime by its command line: what runtime.md of runtime-spec says, and what its users rely on."""
