"""what was reported"""

import sqlalchemy as sa
from alembic import op

from hall.database import Json, Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reported",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counter", sa.String(length=40), nullable=False),
        sa.Column("start", Moment(), nullable=False),
        sa.Column("end", Moment(), nullable=False),
        sa.Column("cause", sa.String(length=30), nullable=False),
        sa.Column("officers", Json(), nullable=False),
        sa.Column("told", Moment(), nullable=False),
        sa.Column("told_by", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_reported_hall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reported")),
        sa.UniqueConstraint("hall", "counter", "start", "end", "cause", "officers", name="uq_reported_once"),
    )
    with op.batch_alter_table("reported", schema=None) as batch_op:
        batch_op.create_index("ix_reported_day", ["hall", "day"], unique=False)

    # a day's facts are asked for by time, whoever's they are
    with op.batch_alter_table("punches", schema=None) as batch_op:
        batch_op.create_index("ix_punches_at", ["hall", "at"], unique=False)
