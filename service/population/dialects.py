"""From DuckDB's dialect, in which every query is written, to Spark's.

sqlglot knows most of it. Here is the rest: what both have and mean differently, said so that Spark means the same.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import ClassVar

from sqlglot import exp, parse_one
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.parsers.duckdb import DuckDBParser

from service.facts.in_sql.words import FUNCTIONS
from service.population.regexes import java_regex

SPARK = "spark"
# What Spark is given in place of the functions that DuckDB is given, where it has them shorter; in Spark's own dialect.
OWN_FUNCTIONS = {
    "each_once(texts)": "array_distinct(texts)",
    "shifted_text(moment, minutes)": (
        "replace(date_format(timestampadd(MINUTE, minutes, moment), 'yyyy-MM-dd HH:mm:ss'), ' ', 'T')"
    ),
}
STRICT = "map('allowSingleQuotes', 'false')"
# A pattern that asks for a text anywhere.
INSIDE = re.compile(r"^%([^%_]+)%$")
LISTED = "listed"
TOGETHER = "members taken together"


class NoSparkForm(Exception):
    """A query holds what is not known to mean the same in Spark."""


class Written(DuckDB):
    """DuckDB's dialect as it is written here: `len` is of lists, `length` of texts."""

    class Parser(DuckDBParser):
        """Tells the two apart."""

        FUNCTIONS: ClassVar = {**DuckDBParser.FUNCTIONS, "LEN": exp.ArraySize.from_arg_list}


def to_spark(sql: str) -> str:
    """Return a query of DuckDB's in Spark's dialect; raise NoSparkForm for what has none."""
    return translated(parse_one(sql, dialect=Written)).sql(dialect=SPARK)


def translated(tree: exp.Expr) -> exp.Expr:
    """Return a tree that is Spark's once it is written; the tree given is changed."""
    tree = _expanded(tree)
    _note_members(tree)
    for node in reversed(list(tree.find_all(*CHANGES))):
        change = CHANGES[type(node)]
        new = change(node)
        if new is not node:
            if node is tree:
                tree = new
            else:
                node.replace(new)
    return tree


def _expanded(tree: exp.Expr) -> exp.Expr:
    """Put the bodies of our own functions in the place of their calls, inner ones first."""
    for call in reversed(list(tree.find_all(exp.Anonymous))):
        found = _functions().get(call.name.lower())
        if found:
            new = _called(*found, call.expressions)
            tree = new if call is tree else tree
            call.replace(new)
    return tree


@cache
def _functions() -> Mapping[str, tuple[tuple[str, ...], exp.Expr]]:
    """Return the parameters and the body of each function, which may call those before it."""
    found: dict[str, tuple[tuple[str, ...], exp.Expr]] = {}
    for head, body in {**FUNCTIONS, **OWN_FUNCTIONS}.items():
        name, parameters = head.rstrip(")").split("(")
        dialect = SPARK if head in OWN_FUNCTIONS else Written
        found[name] = (tuple(parameters.split(", ")), parse_one(body, dialect=dialect))
    return found


def _called(parameters: tuple[str, ...], body: exp.Expr, given: list[exp.Expr]) -> exp.Expr:
    values = dict(zip(parameters, given, strict=True))
    new = exp.paren(body.copy(), copy=False)
    for column in list(new.find_all(exp.Column)):
        if column.name in values and not column.table:
            column.replace(values[column.name].copy())
    return _expanded(new)


def _function(name: str, *given: exp.Expr | str) -> exp.Anonymous:
    return exp.Anonymous(
        this=name, expressions=[exp.Literal.string(each) if isinstance(each, str) else each for each in given]
    )


def _not_materialized(node: exp.Expr) -> exp.Expr:
    node.set("materialized", None)
    return node


def _bracket(node: exp.Expr) -> exp.Expr:
    """What is behind the end of a list is NULL, not an error. sqlglot counts literals from 0, and nothing else."""
    if node.args.get("safe"):
        return node
    (place,) = node.expressions
    if isinstance(place, exp.Slice):
        start, end = int(place.this.name), int(place.expression.name)
        return _function("slice", node.this, exp.Literal.number(start), exp.Literal.number(end - start + 1))
    if place.is_int:
        return _function("get", node.this, place)
    return _function("try_element_at", node.this, place)


def _like(node: exp.Expr) -> exp.Expr:
    """A backslash is itself in DuckDB, and in Spark takes the meaning from what follows, and much time."""
    pattern = node.expression
    if not pattern.is_string:
        raise NoSparkForm(f"LIKE {pattern.sql()}")
    if found := INSIDE.match(pattern.name):
        return _function("contains", node.this, found[1])
    return exp.Like(this=node.this, expression=exp.Literal.string(pattern.name.replace("\\", "\\\\")))


def _regex(node: exp.Expr) -> exp.Expr:
    pattern = node.expression
    if not pattern.is_string:
        raise NoSparkForm(f"a regular expression {pattern.sql()}")
    node.set("expression", exp.Literal.string(java_regex(pattern.name)))
    return node


def members_in(text: str, names: Iterable[str]) -> str:
    """Return members of a JSON text as a list of one row, in Spark's SQL: behind it nothing may follow."""
    schema = ", ".join(f"`{name}`: VARIANT" for name in names)
    return f"from_json(concat('[', {text}, ']'), 'array<struct<{schema}>>', {STRICT})"


def _json(node: exp.Expr) -> exp.Expr:
    """What is found keeps its quotes; of many, what each has goes into a list."""
    text, path = node.this.sql(dialect=SPARK), _path(node)
    if path.startswith("$[*]."):
        name = path.removeprefix("$[*].")
        rows = f"from_json({text}, 'array<struct<`{name}`: VARIANT>>', {STRICT})"
        return _parsed(f"concat('[', array_join(transform({rows}, each -> to_json(each.`{name}`)), ','), ']')")
    names = node.meta.get(TOGETHER, {path})
    members = members_in(text, sorted(name.removeprefix("$.") for name in names))
    return _parsed(f"to_json(get({members}, 0).`{path.removeprefix('$.')}`)")


def _keys(node: exp.Expr) -> exp.Expr:
    """The members of what is JSON, also those that stand twice; Spark alone tells them of what is cut off, too."""
    text = node.this.sql(dialect=SPARK)
    return _parsed(f"CASE WHEN size({members_in(text, ['resourceType'])}) = 1 THEN json_object_keys({text}) END")


def _path(node: exp.Expr) -> str:
    return str(node.expression.sql(dialect=SPARK)).strip("'")


def _parsed(sql: str) -> exp.Expr:
    return parse_one(sql, dialect=SPARK)


def _note_members(tree: exp.Expr) -> None:
    """Note which members a query takes from one text, so that they are parsed together."""
    found: dict[tuple[int, str], set[str]] = {}
    for node in tree.find_all(exp.JSONExtract):
        key = id(node.find_ancestor(exp.Select)), node.this.sql()
        node.meta[TOGETHER] = found.setdefault(key, set())
        node.meta[TOGETHER].add(_path(node))


def _any_value(node: exp.Expr) -> exp.Expr:
    return _function("any_value", node.this.this, exp.true()) if isinstance(node.this, exp.AnyValue) else node


def _gathered(node: exp.Expr) -> exp.Expr:
    """A list in order: Spark gathers in no order, so the keys are gathered with each text; of nothing, NULL."""
    ordered, where = node.this, node.parent.expression if isinstance(node.parent, exp.Filter) else None
    keys = ordered.expressions if isinstance(ordered, exp.Order) else []
    if any(key.args.get("desc") for key in keys):
        raise NoSparkForm("a list in falling order")
    value = ordered.this if keys else ordered
    fields = [*(exp.alias_(key.this, f"key{place}") for place, key in enumerate(keys)), exp.alias_(value, "value")]
    found: exp.Expr = _function("collect_list", exp.Struct(expressions=fields) if keys else value)
    if where is not None:
        found = exp.Filter(this=found, expression=where.copy())
    texts: exp.Expr = found.copy()
    if keys:
        texts = _function("transform", _function("array_sort", texts), _parsed("x(each -> each.value)").expressions[0])
    if isinstance(node, exp.GroupConcat):
        texts = _function("array_join", texts, node.args["separator"])
    return exp.If(
        this=exp.GT(this=exp.ArraySize(this=found), expression=exp.Literal.number(0)), true=texts, false=exp.null()
    )


def _aggregate(node: exp.Expr) -> exp.Expr:
    """A list that was gathered has taken the condition inside."""
    inner = node.this
    return inner if isinstance(inner, exp.If) else node


def _unnested(node: exp.Expr) -> exp.Expr:
    """Lists side by side become one list of rows, which is made before it is told apart: Spark compiles only so."""
    aliases = [each for each in node.expressions if isinstance(each, exp.Alias) and isinstance(each.this, exp.Explode)]
    lists = [each.this.this for each in aliases]
    if not lists or not all(isinstance(each, exp.Array) for each in lists):
        if len(lists) > 1:
            raise NoSparkForm("lists side by side that are not written out")
        return node
    kept = [each for each in node.expressions if each not in aliases]
    rows, told = _rows([each.alias for each in aliases], lists)
    node.set("expressions", [*kept, exp.alias_(rows, LISTED)])
    made = exp.Subquery(this=node.copy(), alias=exp.TableAlias(this=exp.to_identifier("made")))
    return exp.select(*(each.alias_or_name for each in kept), told, copy=False).from_(made, copy=False)


def _rows(names: list[str], lists: list[exp.Expr]) -> tuple[exp.Expr, exp.Expr]:
    """Return the list of rows, and how they are told apart; `_outer` because Spark would else make the list twice."""
    if len(names) == 1:
        return lists[0], exp.alias_(_function("explode_outer", exp.column(LISTED)), names[0])
    rows = [
        exp.Struct(expressions=[exp.alias_(value, name, copy=False) for name, value in zip(names, values, strict=True)])
        for values in zip(*(each.expressions for each in lists), strict=True)
    ]
    return exp.Array(expressions=rows), _function("inline_outer", exp.column(LISTED))


CHANGES: Mapping[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.CTE: _not_materialized, exp.Bracket: _bracket, exp.Like: _like, exp.RegexpLike: _regex,
    exp.RegexpExtract: _regex, exp.RegexpExtractAll: _regex, exp.JSONExtract: _json, exp.JSONKeys: _keys,
    exp.IgnoreNulls: _any_value, exp.ArrayAgg: _gathered, exp.GroupConcat: _gathered, exp.Filter: _aggregate,
    exp.Select: _unnested,
}  # fmt: skip
