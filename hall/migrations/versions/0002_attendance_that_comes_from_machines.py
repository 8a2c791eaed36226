"""attendance that comes from machines"""

import sqlalchemy as sa
from alembic import op

from hall.database import Json, Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("machine", sa.String(length=40), nullable=False),
        sa.Column("who", sa.String(length=40), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("officer", sa.String(length=18), nullable=True),
        sa.Column("recorded", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_readings_hall")),
        sa.PrimaryKeyConstraint("hall", "source", "machine", "who", "at", name=op.f("pk_readings")),
    )
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.create_index("ix_readings_officer", ["hall", "officer", "at"], unique=False)

    op.create_table(
        "pins",
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("machine", sa.String(length=40), nullable=False),
        sa.Column("pin", sa.String(length=40), nullable=False),
        sa.Column("officer", sa.String(length=18), nullable=False),
        sa.Column("assigned", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_pins_hall")),
        sa.PrimaryKeyConstraint("hall", "source", "machine", "pin", name=op.f("pk_pins")),
    )
    op.create_table(
        "machines",
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("contact_since", Moment(), nullable=True),
        sa.Column("last_contact", Moment(), nullable=True),
        sa.Column("last_batch", Moment(), nullable=True),
        sa.Column("delivered_until", Moment(), nullable=True),
        sa.Column("clock_off", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_machines_hall")),
        sa.PrimaryKeyConstraint("hall", "serial", name=op.f("pk_machines")),
    )
    op.create_table(
        "unlisted_machines",
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("first", Moment(), nullable=False),
        sa.Column("last", Moment(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_unlisted_machines_hall")),
        sa.PrimaryKeyConstraint("hall", "serial", name=op.f("pk_unlisted_machines")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=True),
        sa.Column("machine", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("received", Moment(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("result", Json(), nullable=True),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_deliveries_hall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_received", ["hall", "received"], unique=False)
        batch_op.create_index("ix_deliveries_digest", ["hall", "digest"], unique=False)

    op.create_table(
        "source_keys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("made", Moment(), nullable=False),
        sa.Column("ended", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_source_keys_hall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_keys")),
    )
    with op.batch_alter_table("source_keys", schema=None) as batch_op:
        batch_op.create_index("ix_source_keys_source", ["hall", "source"], unique=False)

    op.create_table(
        "signatures",
        sa.Column("hall", sa.String(length=40), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["hall"], ["halls.code"], name=op.f("fk_signatures_hall")),
        sa.PrimaryKeyConstraint("hall", "signature", name=op.f("pk_signatures")),
    )
    with op.batch_alter_table("signatures", schema=None) as batch_op:
        batch_op.create_index("ix_signatures_at", ["hall", "at"], unique=False)
