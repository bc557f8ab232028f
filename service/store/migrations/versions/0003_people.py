"""Sessions of people at the screen.

Steps only go forward: to go back, restore the backup.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sessions",
        sa.Column("sha256", sa.String(64), nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("name", "role", "tenant", "login", "advisories")),
        sa.Column("needs_banner", sa.Boolean, nullable=False),
        *(sa.Column(name, MOMENT, nullable=False) for name in ("created", "seen", "expires")),
        sa.PrimaryKeyConstraint("sha256", name="pk_sessions"),
    )
    for name in ("seen", "expires"):
        op.create_index(f"ix_sessions_{name}", "sessions", [name])
