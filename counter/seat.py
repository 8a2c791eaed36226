"""Who may act at a counter: an officer at the one where they sit, a console or the staff of the hall at any."""

from __future__ import annotations

from hall.errors import Conflict, Denied
from staffing.presence import session_at
from web.ground import db
from web.identity import who


def must_sit_at(hall: str, counter: str) -> str | None:
    """Refuses an officer who does not sit at this counter now; returns who must still sit there when it is done.

    Raises :class:`Denied` (``other_counter``) and :class:`Conflict` (``not_signed_in``): a cookie may outlive the
    session at the counter, which ends at midnight and may by now be somebody else's. None for who is no officer but
    passed the door (a console's token, a coordinator, a manager): they may act at every counter of the hall.
    """
    me = who()
    if me.role != "officer":
        return None
    if me.counter != counter:
        raise Denied("other_counter", "Anda tidak bertugas di loket ini.", counter=me.counter)
    with db().reading() as connection:
        session = session_at(connection, hall, counter)
    if session is None:
        raise Conflict("not_signed_in", "Anda belum masuk di loket ini, atau sesi hari sebelumnya sudah berakhir.")
    if session.officer != me.login:
        raise Denied("other_counter", "Loket ini sekarang dipakai petugas lain.", counter=counter)
    return me.login


def seat_of(hall: str) -> tuple[str, str | None] | tuple[None, None]:
    """The counter whose reach limits the caller's moves and who must still sit there, or twice None for who may act
    at all. Refuses like above."""
    me = who()
    if me.role != "officer":
        return None, None
    if me.counter is None:
        raise Conflict("not_signed_in", "Anda belum masuk di loket mana pun.")
    return me.counter, must_sit_at(hall, me.counter)
