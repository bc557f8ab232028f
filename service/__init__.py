"""service: from a profile to an advisory, in one direction (see docs/architecture in the README)."""
