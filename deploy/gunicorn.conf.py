"""A gunicorn configuration to start from, for those who run gunicorn themselves instead of ``antre serve``.

    .venv/bin/gunicorn -c deploy/gunicorn.conf.py app.wsgi:app

It begins as what ``antre serve`` uses (``app/gunicorn_conf.py``: one thread for each socket and page, a short farewell,
no control socket) and changes what an operator may want to change. On SQLite leave ``workers`` at 1; on PostgreSQL it
is ANTRE_PROCESSES. ``antre serve`` looks at clock, engine and guards before it begins; here nobody does: run
``antre doctor`` first.
"""

from __future__ import annotations

from app.gunicorn_conf import *  # noqa: F403 - every value and hook of the packaged configuration

# Where nginx stands. Only its word about the visitor's address and https is believed (with ANTRE_PROXIES=1).
forwarded_allow_ips = "127.0.0.1,::1"

# One line per request on standard output. Paths of citizens' own pages hold a secret, so they do not go into a log:
# the query and the referrer are left out, and nginx's log is off for /t/ as well.
# accesslog = "-"
# access_log_format = '%(t)s %(m)s %(s)s %(B)s %(M)sms'
