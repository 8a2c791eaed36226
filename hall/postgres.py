"""How this program opens PostgreSQL: what a session promises, and that nobody waits for a machine that is gone."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine, make_url

# A machine that loses its power says no farewell. Without these a thread would wait a quarter of an hour for the
# database's answer, and the database two hours for a program that stands in the middle of a hall's turn.
TOLD_SOON = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
    "application_name": "antre",
}
SESSION = {
    "idle_in_transaction_session_timeout": "30s",  # a program that hangs in a turn does not hold it for ever
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
# Advisory locks are bare numbers, one space for each database: what is locked by them stands here, or two would meet.
KEEPING_HOUSE = int.from_bytes(b"antre")  # held as long as its process lives, see hall.lease
MIGRATING = KEEPING_HOUSE + 1  # see hall.schema
WAIT_S = 10.0  # for a connection of the pool: a citizen would rather be told


def open_engine(url: str, pool_size: int, patience: float) -> Engine:
    """An engine with at most ``pool_size`` connections, whose sessions wait ``patience`` seconds for a lock.

    Writers work at READ COMMITTED whatever the database's own default is: who waits for the hall's row must read, once
    it is his, what the one before left. What the URL says of a connection itself holds.
    """
    asked = make_url(url).set(drivername="postgresql+psycopg")
    own: dict[str, object] = {name: value for name, value in TOLD_SOON.items() if name not in asked.query}
    if "options" not in asked.query:
        session = {"lock_timeout": f"{patience * 1000:.0f}ms"} | SESSION
        own["options"] = " ".join(f"-c {name}={value}" for name, value in session.items())
    return create_engine(
        asked,
        hide_parameters=True,  # an unexpected fault is logged, and names and NIPs are nothing for a log
        pool_size=pool_size,
        max_overflow=0,  # the server has a limit for all processes together
        pool_timeout=WAIT_S,
        pool_pre_ping=True,
        pool_use_lifo=True,
        isolation_level="READ COMMITTED",
        connect_args=own,
    )
