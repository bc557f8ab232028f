"""schemas: shapes at the edges.

In:  plain data (parsed JSON or YAML)
Out: frozen dataclasses, or every mistake at once
Never: reads files, knows rules, decides anything clinical
"""
