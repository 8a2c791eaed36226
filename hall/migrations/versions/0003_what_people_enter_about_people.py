"""what people enter about people"""

import sqlalchemy as sa
from alembic import op

from hall.database import Json, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _kept() -> list[sa.Column]:  # type: ignore[type-arg]
    """What every row that people enter carries: nothing is deleted, a mistake is withdrawn with its reason."""
    return [
        sa.Column("recorded", Moment(), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("withdrawn", Moment(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=80), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=200), nullable=True),
    ]


def upgrade() -> None:
    op.add_column("absences", sa.Column("recorded_by", sa.String(length=80), nullable=True))
    op.add_column("absences", sa.Column("replaces", sa.String(length=36), nullable=True))
    op.add_column("absences", sa.Column("withdrawn", Moment(), nullable=True))
    op.add_column("absences", sa.Column("withdrawn_by", sa.String(length=80), nullable=True))
    op.add_column("absences", sa.Column("withdrawn_reason", sa.String(length=200), nullable=True))
    op.create_index("ix_absences_hall_start", "absences", ["hall", "start"])
    op.add_column("punches", sa.Column("withdrawn", Moment(), nullable=True))
    op.create_table(
        "roster_entries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("officer", sa.String(length=18), nullable=False),
        sa.Column("counter", sa.String(length=40), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("days", Json(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("start", sa.String(length=8), nullable=True),
        sa.Column("end", sa.String(length=8), nullable=True),
        sa.Column("substitute_for", sa.String(length=18), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        *_kept(),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_roster_entries_hall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_entries")),
    )
    op.create_index("ix_roster_entries_hall", "roster_entries", ["hall", "since"])
    op.create_table(
        "post_changes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("agency", sa.String(length=40), nullable=False),
        sa.Column("counter", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        *_kept(),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_post_changes_hall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_changes")),
    )
    op.create_index("ix_post_changes_hall", "post_changes", ["hall", "since"])
    op.create_table(
        "roll_marks",
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("agency", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("roll", sa.String(length=10), nullable=False),
        sa.Column("officer", sa.String(length=18), nullable=True),
        sa.Column("mark", sa.String(length=20), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("phone_at", Moment(), nullable=False),
        sa.Column("skew_seconds", sa.Integer(), nullable=False),
        sa.Column("absence", sa.String(length=36), nullable=True),
        sa.Column("recorded", Moment(), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_roll_marks_hall")),
        sa.PrimaryKeyConstraint("hall", "key", name=op.f("pk_roll_marks")),
    )
    op.create_index("ix_roll_marks_day", "roll_marks", ["hall", "day", "agency"])
    op.create_table(
        "looks",
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("nr", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("whom", sa.String(length=60), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_looks_hall")),
        sa.PrimaryKeyConstraint("hall", "nr", name=op.f("pk_looks")),
        sa.UniqueConstraint("hall", "day", "actor", "what", "whom", "allowed", name="uq_looks_once"),
    )
