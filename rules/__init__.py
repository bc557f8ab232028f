"""rules: the knowledge as data, in YAML that a pharmacist can read; no logic here, `service.knowledge` reads it."""
