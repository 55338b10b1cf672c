"""Until when an export is believed to run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.add_column("export", sa.Column("until", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """To the version before: what was interrupted has failed, as it would have been called then."""
    op.execute("UPDATE export SET status = 'failed' WHERE status = 'interrupted'")
    op.drop_column("export", "until")
