"""The JSON Schemas of CDS Hooks that we publish, for whoever writes a client or a service."""

from importlib.resources import files

FOLDER = files("schemas") / "cds_hooks_schemas"
SUFFIX = ".schema.json"
# Read once: an address then only chooses among names, and never becomes a path.
SCHEMAS = {file.name.removesuffix(SUFFIX): file.read_bytes() for file in FOLDER.iterdir() if file.name.endswith(SUFFIX)}
