"""Kept advisories: their texts, flags, decisions, the audit chain, and the rules they were made by.

Steps only go forward: to go back, restore the backup.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SHA256 = sa.String(64)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
EXACT = sa.String().with_variant(sa.String(collation="C"), "postgresql")

# What was written stays as it was written: the database itself refuses, until somebody removes these on purpose.
STAYING = ("events", "decisions", "advisory_texts", "packs")
SQLITE_STAYS = """
CREATE TRIGGER {table}_stay_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
# INSERT OR REPLACE deletes without asking a trigger on DELETE.
SQLITE_NOT_REPLACED = """
CREATE TRIGGER {table}_stay_replace BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
SAME = {
    "events": "seq = NEW.seq",
    "decisions": "seq = NEW.seq AND rule = NEW.rule",
    "advisory_texts": "number = NEW.number",
    "packs": "sha256 = NEW.sha256",
}
POSTGRESQL_REFUSES = """
CREATE FUNCTION magflag_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""
POSTGRESQL_STAYS = """
CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION magflag_append_only()
"""


def upgrade() -> None:
    """Make the tables, and let the database refuse what must not happen to them."""
    _events()
    _advisories()
    _texts_and_flags()
    _decisions_and_keys()
    _packs()
    _append_only()


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", NUMBER, nullable=False, autoincrement=False),
        sa.Column("advisory", sa.String, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("previous", SHA256, nullable=False),
        sa.Column("hash", SHA256, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
    )
    op.create_index("ix_events_advisory", "events", ["advisory", "seq"])


def _advisories() -> None:
    op.create_table(
        "advisories",
        sa.Column("number", NUMBER, nullable=False, autoincrement=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("created_at", EXACT, nullable=False),
        sa.Column("as_of", sa.String(10), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("patient", sa.String),
        sa.Column("label", sa.String),
        sa.Column("pack_version", sa.String, nullable=False),
        *(sa.Column(name, SHA256, nullable=False) for name in ("pack_sha256", "input_sha256", "answer_sha256")),
        sa.Column("subject", SHA256),
        sa.Column("patient_searched", EXACT),
        sa.Column("label_searched", EXACT),
        *(sa.Column(name, sa.SmallInteger, nullable=False) for name in ("gravity", "told_kinds")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("raised", "cannot_say")),
        sa.Column("status", sa.String, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("revision", "undecided")),
        sa.Column("superseded_by", sa.String),
        sa.Column("signed_by", sa.String),
        sa.Column("signed_at", EXACT),
        sa.PrimaryKeyConstraint("number", name="pk_advisories"),
        sa.ForeignKeyConstraint(["number"], ["events.seq"], name="fk_advisories_number_events"),
        sa.UniqueConstraint("id", name="uq_advisories_id"),
    )
    filtered = ["told_kinds", "created_at", "patient_searched", "label_searched"]
    for name, columns in {
        "worklist": ["tenant", "status", "gravity", "number", *filtered],
        "worklist_all": ["tenant", "gravity", "number", *filtered],
        "subject": ["subject", "number"],
    }.items():
        op.create_index(f"ix_advisories_{name}", "advisories", columns)


def _texts_and_flags() -> None:
    op.create_table(
        "advisory_texts",
        sa.Column("number", NUMBER, nullable=False, autoincrement=False),
        sa.Column("input", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_advisory_texts"),
        sa.ForeignKeyConstraint(["number"], ["advisories.number"], name="fk_advisory_texts_number_advisories"),
    )
    op.create_table(
        "told",
        sa.Column("id", NUMBER, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("tenant", "rule", "outcome", "severity")),
        sa.PrimaryKeyConstraint("id", name="pk_told"),
        sa.UniqueConstraint("tenant", "rule", "outcome", "severity", name="uq_told_what"),
    )
    op.create_table(
        "flags",
        sa.Column("number", NUMBER, nullable=False, autoincrement=False),
        sa.Column("told", NUMBER, nullable=False, autoincrement=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("gravity", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("number", "told", name="pk_flags"),
        sa.ForeignKeyConstraint(["number"], ["advisories.number"], name="fk_flags_number_advisories"),
        sa.ForeignKeyConstraint(["told"], ["told.id"], name="fk_flags_told_told"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_flags_worklist", "flags", ["told", "status", "gravity", "number"])


def _decisions_and_keys() -> None:
    op.create_table(
        "decisions",
        sa.Column("seq", NUMBER, nullable=False, autoincrement=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("choice", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("comment", sa.String),
        sa.PrimaryKeyConstraint("seq", "rule", name="pk_decisions"),
        sa.ForeignKeyConstraint(["seq"], ["events.seq"], name="fk_decisions_seq_events"),
        sa.ForeignKeyConstraint(["number"], ["advisories.number"], name="fk_decisions_number_advisories"),
    )
    op.create_index("ix_decisions_number", "decisions", ["number", "seq"])
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("body_sha256", SHA256, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_idempotency_keys"),
        sa.ForeignKeyConstraint(["number"], ["advisories.number"], name="fk_idempotency_keys_number_advisories"),
    )


def _packs() -> None:
    op.create_table(
        "packs",
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("archive", sa.LargeBinary, nullable=False),
        sa.Column("archive_sha256", SHA256, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_packs"),
    )


def _append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL_REFUSES)
        for table in STAYING:
            op.execute(POSTGRESQL_STAYS.format(table=table))
        return
    for table in STAYING:
        for verb in ("UPDATE", "DELETE"):
            op.execute(SQLITE_STAYS.format(table=table, verb=verb))
    for table, same in SAME.items():
        op.execute(SQLITE_NOT_REPLACED.format(table=table, same=same))
