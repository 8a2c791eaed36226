"""flags and messages"""

import sqlalchemy as sa
from alembic import op

from hall.database import Json, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "escalations",
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("nr", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("after_minutes", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(length=40), nullable=True),
        sa.Column("channels", Json(), nullable=False),
        sa.Column("always", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_escalations_hall")),
        sa.PrimaryKeyConstraint("hall", "nr", name=op.f("pk_escalations")),
    )
    op.create_table(
        "flags",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("counter", sa.String(length=40), nullable=False),
        sa.Column("agency", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("raised", Moment(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=True),
        sa.Column("stage_at", Moment(), nullable=True),
        sa.Column("acknowledged", Moment(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("cleared", Moment(), nullable=True),
        sa.Column("cleared_why", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_flags_hall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
    )
    with op.batch_alter_table("flags", schema=None) as batch_op:
        batch_op.create_index("ix_flags_day", ["hall", "day"], unique=False)
        still = sa.text("cleared IS NULL")
        batch_op.create_index(
            "uq_flags_open", ["hall", "counter"], unique=True, sqlite_where=still, postgresql_where=still
        )

    op.create_table(
        "messages",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("flag", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("always", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", Moment(), nullable=False),
        sa.Column("lease", Moment(), nullable=True),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("done", Moment(), nullable=True),
        sa.Column("fault", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["flag"], ["flags.id"], name=op.f("fk_messages_flag")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("flag", "kind", "event", "channel", name="uq_messages_once"),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index("ix_messages_state", ["hall", "state", "next_try"], unique=False)

    op.create_table(
        "bookmarks",
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("follower", sa.String(length=60), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_bookmarks_hall")),
        sa.PrimaryKeyConstraint("hall", "follower", name=op.f("pk_bookmarks")),
    )
