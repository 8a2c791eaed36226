"""cases"""

import sqlalchemy as sa
from alembic import op

from hall.database import Json, Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("agency", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("opened", Moment(), nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.Column("updated", Moment(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("responsible", sa.String(length=200), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("meeting_at", Moment(), nullable=True),
        sa.Column("meeting_place", sa.String(length=200), nullable=False),
        sa.Column("result", sa.String(length=30), nullable=True),
        sa.Column("closed", Moment(), nullable=True),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_cases_hall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("hall", "number", name="uq_cases_number"),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index("ix_cases_last_day", ["hall", "last_day"], unique=False)
        batch_op.create_index("ix_cases_state", ["hall", "state"], unique=False)

    op.create_table(
        "case_pieces",
        sa.Column("case", sa.String(length=36), nullable=False),
        sa.Column("nr", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("counter", sa.String(length=40), nullable=False),
        sa.Column("start", Moment(), nullable=False),
        sa.Column("end", Moment(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("officers", Json(), nullable=False),
        sa.Column("waiting_minutes", sa.Float(), nullable=False),
        sa.Column("stranded_minutes", sa.Float(), nullable=False),
        sa.Column("abandoned", sa.Integer(), nullable=False),
        sa.Column("noted", Json(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_case_pieces_case")),
        sa.PrimaryKeyConstraint("case", "nr", name=op.f("pk_case_pieces")),
    )
    with op.batch_alter_table("case_pieces", schema=None) as batch_op:
        batch_op.create_index("ix_case_pieces_counter", ["hall", "counter", "start"], unique=False)

    op.create_table(
        "case_steps",
        sa.Column("case", sa.String(length=36), nullable=False),
        sa.Column("nr", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_case_steps_case")),
        sa.PrimaryKeyConstraint("case", "nr", name=op.f("pk_case_steps")),
    )
    op.create_table(
        "case_letters",
        sa.Column("case", sa.String(length=36), nullable=False),
        sa.Column("nr", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("names", sa.Boolean(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_case_letters_case")),
        sa.PrimaryKeyConstraint("case", "nr", name=op.f("pk_case_letters")),
    )
