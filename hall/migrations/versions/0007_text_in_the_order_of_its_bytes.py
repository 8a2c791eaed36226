"""text in the order of its bytes"""

from alembic import op

from hall.collation import order_text_by_bytes

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    order_text_by_bytes(op.get_bind())
