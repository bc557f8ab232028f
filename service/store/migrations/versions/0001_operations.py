"""Cards, feedback and tokens. A database from before there were steps has some or all of it already.

Steps only go forward: to go back, restore the backup.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SHA256 = sa.String(64)
MOMENT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables that are not there yet."""
    _tokens()
    _cards()
    _feedback()


def _tokens() -> None:
    op.create_table(
        "used_tokens",
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_used_tokens"),
        if_not_exists=True,
    )
    op.create_index("ix_used_tokens_expires", "used_tokens", ["expires"], if_not_exists=True)
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("revoked", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("sha256", name="uq_tokens_sha256"),
        if_not_exists=True,
    )
    op.create_index("ix_tokens_tenant", "tokens", ["tenant"], if_not_exists=True)


def _cards() -> None:
    op.create_table(
        "issued_cards",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("client", sa.String, nullable=False),
        sa.Column("card", SHA256, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("rules", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("joined", sa.Boolean, nullable=False),
        sa.Column("suggestion", SHA256),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("hook", sa.String, nullable=False),
        sa.Column("pack_version", sa.String, nullable=False),
        sa.Column("pack_sha256", sa.String, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "client", "card", name="pk_issued_cards"),
        if_not_exists=True,
    )
    op.create_index("ix_issued_cards_issued_at", "issued_cards", ["issued_at"], if_not_exists=True)


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("fingerprint", SHA256, nullable=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("client", sa.String, nullable=False),
        sa.Column("card", SHA256, nullable=False),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("accepted_suggestions", sa.Integer, nullable=False),
        sa.Column("reason_system", sa.String),
        sa.Column("reason_code", sa.String),
        sa.Column("has_comment", sa.Boolean, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("fingerprint", name="uq_feedback_fingerprint"),
        if_not_exists=True,
    )
    op.create_index("ix_feedback_recorded_at", "feedback", ["recorded_at"], if_not_exists=True)
    op.create_index("ix_feedback_latest", "feedback", ["tenant", "client", "card", "at", "id"], if_not_exists=True)
