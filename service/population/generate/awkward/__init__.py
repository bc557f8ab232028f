"""awkward: what goes wrong in real records, done to made-up charts, each thing under a name of its own."""
