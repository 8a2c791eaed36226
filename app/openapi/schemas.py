"""The named schemas of the interface."""

from __future__ import annotations

from app.openapi.pieces import DAY, DECIMAL, FLAG, MOMENT, NUMBER, TEXT, Schema, many, maybe, one_of, record, ref, told
from hall.places import PRIORITIES
from queueing.slips import OUTCOMES
from staffing.facts import ABSENCES

STATES = ("waiting", "called", "serving", "held", "finished", "no_show", "cancelled", "expired")
SLIPS = ("none", "queued", "sent", *OUTCOMES)
CLOSED = ("holiday", "not_service_day", "outside_hours", "break", "closure", "quota_reached")
FLOOR = ("serving", "waiting", "paused", "vacant", "not_due", "unobserved")
PRINTER = ("ready", "low", "trouble")

_LABEL = told(TEXT, "What citizens see and hear, for example A-001")
_CODE = told(TEXT, "A code of the hall file")
_ESTIMATE = maybe(ref("Estimate"))

_ticket_fields: dict[str, Schema] = {
    "id": TEXT,
    "number": _LABEL,
    "service": _CODE,
    "agency": _CODE,
    "business_date": DAY,
    "issued_at": MOMENT,
    "state": one_of(*STATES),
    "priority": maybe(one_of(*PRIORITIES)),
    "counter": told(maybe(TEXT), "Where it is called or served, or was last"),
    "only_counter": told(maybe(TEXT), "The counter it was sent to, and waits for"),
    "recalls": NUMBER,
    "called_at": maybe(MOMENT),
    "started_at": maybe(MOMENT),
    "ended_at": maybe(MOMENT),
}
_open_fields: dict[str, Schema] = {
    "open": FLAG,
    "reason": maybe(one_of(*CLOSED)),
    "reason_text": told(maybe(TEXT), "The reason in Indonesian"),
    "detail": told(maybe(TEXT), "The holiday's name, the closure's own reason"),
    "next_opening": maybe(MOMENT),
}
_place_fields: dict[str, Schema] = {
    "code": _CODE,
    "name": TEXT,
    "area": TEXT,
    "agency": _CODE,
    "agency_name": TEXT,
    "agency_short": TEXT,
    "services": many(ref("Named")),
}
_number_fields: dict[str, Schema] = {
    "issued": told(maybe(NUMBER), "Null for a counter: it issues nothing"),
    "called": NUMBER,
    "served": NUMBER,
    "no_show": NUMBER,
    "cancelled": NUMBER,
    "expired": NUMBER,
    "waiting": NUMBER,
    "held": NUMBER,
    "at_counter": NUMBER,
    "wait_mean": told(maybe(DECIMAL), "Minutes"),
    "wait_median": told(maybe(DECIMAL), "Minutes"),
    "wait_p90": told(maybe(DECIMAL), "Minutes: nine of ten waited no longer"),
    "handling_mean": told(maybe(DECIMAL), "Minutes"),
    "first_call": maybe(MOMENT),
}
_call_fields: dict[str, Schema] = {
    "seq": told(NUMBER, "The journal line of the newest call"),
    "number": _LABEL,
    "counter": maybe(_CODE),
    "counter_name": maybe(TEXT),
    "agency": _CODE,
    "at": MOMENT,
}

SCHEMAS: dict[str, Schema] = {
    "Problem": record(
        {
            "field": TEXT,
            "reason": maybe(TEXT),
            "next_opening": maybe(MOMENT),
            "expected_at": maybe(MOMENT),
            "waiting": NUMBER,
            "retry_after": NUMBER,
        },
        type=told(TEXT, "urn:antre:problem:CODE"),
        title=TEXT,
        status=NUMBER,
        detail=told(TEXT, "An Indonesian sentence for people"),
        code=told(TEXT, "Stable, for programs"),
    ),
    "Estimate": told(record(low=NUMBER, high=NUMBER), "Minutes, rounded to five"),
    "Named": record(code=_CODE, name=TEXT),
    "Ticket": record(**_ticket_fields),
    "Issued": record(
        id=TEXT,
        number=_LABEL,
        service=_CODE,
        agency=_CODE,
        business_date=DAY,
        issued_at=MOMENT,
        state=one_of("waiting"),
        ahead=told(NUMBER, "People who would be called before"),
        estimate=told(_ESTIMATE, "Null when nobody serves: it cannot be known"),
        serving_now=told(NUMBER, "Counters that serve this now"),
        status_url=told(TEXT, "The citizen's own page, relative to the server"),
        slip=record(state=one_of(*SLIPS)),
    ),
    "Service": record(
        code=_CODE,
        name=TEXT,
        minutes=told(NUMBER, "Standard handling time"),
        requirements=many(TEXT),
        **_open_fields,
        waiting=NUMBER,
        ahead=NUMBER,
        estimate=_ESTIMATE,
        serving_now=NUMBER,
        counters=told(many(ref("Named")), "Those that serve it now"),
        unstaffed=told(FLAG, "Open, and nobody serves it"),
        expected_at=maybe(MOMENT),
        quota=maybe(NUMBER),
        quota_left=maybe(NUMBER),
        full=told(FLAG, "The people who wait fill the rest of the day"),
        refusal=told(maybe(TEXT), "The code that a request for a number would be answered with now"),
    ),
    "Agency": record(
        code=_CODE,
        name=TEXT,
        short=TEXT,
        waiting=NUMBER,
        serving_now=NUMBER,
        services=many(ref("Service")),
        **_open_fields,
    ),
    "Offer": record(
        hall=_CODE,
        name=TEXT,
        zone=TEXT,
        business_date=DAY,
        seq=NUMBER,
        now=MOMENT,
        agencies=many(ref("Agency")),
        printer=told(
            maybe(record(code=_CODE, state=one_of(*PRINTER, "unheard"), reason=maybe(TEXT))), "The asking kiosk's own"
        ),
        **_open_fields,
    ),
    "Slip": record(state=one_of(*SLIPS), reason=maybe(TEXT), paper_low=FLAG),
    "Reprint": record(state=one_of("queued"), copy=told(NUMBER, "1 for the first reprint"), printer=_CODE),
    "PrintJob": record(id=TEXT, slip=ref("Paper"), expires_at=told(MOMENT, "Not to be printed after this")),
    "Paper": record(
        hall_name=TEXT,
        regency=TEXT,
        agency=TEXT,
        service=TEXT,
        number=_LABEL,
        priority=maybe(TEXT),
        issued_at=MOMENT,
        zone=TEXT,
        ahead=NUMBER,
        estimate=_ESTIMATE,
        closing=TEXT,
        url=told(TEXT, "Into the QR"),
        copy=told(NUMBER, "0: the original; more: marked as a reprint"),
    ),
    "Outcome": record(
        {"reason": maybe(TEXT), "detail": maybe(TEXT), "paper_low": FLAG},
        state=one_of(*OUTCOMES),
    ),
    "OutcomeNoted": record(id=TEXT, state=one_of(*OUTCOMES), reason=maybe(TEXT)),
    "PrinterStatus": record(
        {"ready": FLAG, "reason": maybe(TEXT), "detail": maybe(TEXT)}
        | {
            n: maybe(FLAG)
            for n in ("answers", "online", "paper_end", "paper_low", "cover_open", "cutter_error", "fault")
        },
    ),
    "Session": record(
        counter=_CODE,
        state=one_of("open", "paused", "lost", "closed"),
        since=maybe(MOMENT),
        pause=maybe(record(since=MOMENT, reason=TEXT)),
    ),
    "DeskTicket": record(
        **_ticket_fields,
        service_name=TEXT,
        waited_seconds=NUMBER,
        came_for=told(maybe(TEXT), "The first service, if it is another one now"),
        returns_to=maybe(TEXT),
    ),
    "Desk": record(
        hall=_CODE,
        seq=NUMBER,
        now=MOMENT,
        zone=TEXT,
        lines=told(many(record()), "Empty: the desk is shown anew as a whole"),
        counter=record(**_place_fields),
        session=ref("Session"),
        ticket=maybe(ref("DeskTicket")),
        waiting=NUMBER,
        next=told(many(ref("DeskTicket")), "In the order in which they would be called"),
        held=many(ref("DeskTicket")),
        missed=many(ref("DeskTicket")),
        today=record(finished=NUMBER, no_show=NUMBER),
        printers=many(
            record(code=_CODE, kiosk=TEXT, state=one_of(*PRINTER), reason=maybe(TEXT), since=MOMENT),
        ),
        options=record(pause_minutes=NUMBER, no_show_after_recalls=NUMBER, beat_seconds=NUMBER),
    ),
    "Counters": record(
        hall=_CODE,
        counters=many(record(**_place_fields, taken=FLAG, state=one_of("open", "paused", "lost", "closed"))),
        services=many(record(code=_CODE, name=TEXT, agency=_CODE, agency_short=TEXT)),
    ),
    "Call": record(**_call_fields),
    "LiveCall": record(**_call_fields, ticket=TEXT, service=_CODE, state=one_of("called", "serving"), recalls=NUMBER),
    "SpokenCall": record(
        seq=NUMBER,
        at=MOMENT,
        kind=one_of("ticket_called", "ticket_recalled"),
        number=_LABEL,
        counter=_CODE,
        counter_name=TEXT,
        agency=_CODE,
        sound=told(TEXT, "Where its sound is, relative to the server"),
    ),
    "Board": record(
        seq=NUMBER,
        now=MOMENT,
        hall=_CODE,
        name=TEXT,
        area=maybe(TEXT),
        calling=many(ref("LiveCall")),
        last_calls=many(ref("Call")),
        waiting=many(
            record(agency=_CODE, name=TEXT, short=TEXT, waiting=NUMBER, serving_counters=NUMBER, estimate=_ESTIMATE)
        ),
        counters=many(
            record(counter=_CODE, name=TEXT, agency=_CODE, open=FLAG, due=FLAG, text=TEXT, expected_at=maybe(MOMENT))
        ),
        running_text=TEXT,
        speak_max_age_seconds=NUMBER,
        slides=many(TEXT),
        lines=told(many(ref("SpokenCall")), "The calls after `since`, in order"),
    ),
    "Person": record({"nip": TEXT, "name": TEXT}, role=one_of("petugas")),
    "CounterNow": record(
        counter=_CODE,
        name=TEXT,
        agency=_CODE,
        area=TEXT,
        services=many(_CODE),
        state=one_of(*FLOOR),
        cause=told(maybe(TEXT), "Why it is not due, or vacant"),
        detail=maybe(TEXT),
        since=MOMENT,
        due=FLAG,
        due_until=maybe(MOMENT),
        next_opening=maybe(MOMENT),
        grace=told(FLAG, "Empty, but for less than the hall's grace time"),
        officer=maybe(ref("Person")),
        planned=many(ref("Person")),
        post=maybe(TEXT),
        pause_reason=maybe(TEXT),
        waiting=NUMBER,
        waiting_longest=told(DECIMAL, "Minutes"),
        stranded=told(NUMBER, "People whom no staffed counter could call"),
        citizen_minutes=told(DECIMAL, "What people waited today for its services"),
        ticket=maybe(_LABEL),
        ticket_state=maybe(one_of("called", "serving")),
        last_call=maybe(MOMENT),
        idle_while_waiting=FLAG,
        idle_since=maybe(MOMENT),
    ),
    "Floor": record(
        hall=_CODE,
        name=TEXT,
        zone=TEXT,
        business_date=DAY,
        seq=NUMBER,
        now=MOMENT,
        totals=record(
            counters=NUMBER,
            due=NUMBER,
            staffed=NUMBER,
            vacant=NUMBER,
            vacant_in_grace=NUMBER,
            unobserved=NUMBER,
            not_due=NUMBER,
            idle=NUMBER,
            waiting=NUMBER,
            waiting_longest=DECIMAL,
            stranded=NUMBER,
            citizen_minutes=DECIMAL,
        ),
        counters=many(ref("CounterNow")),
        down=many(record(what=TEXT, since=MOMENT)),
        grace_minutes=NUMBER,
        printers=many(
            record(
                printer=_CODE,
                kiosk=maybe(TEXT),
                state=one_of(*PRINTER, "unknown"),
                reason=maybe(TEXT),
                since=maybe(MOMENT),
            )
        ),
        paperless=many(
            record(
                ticket=TEXT,
                number=_LABEL,
                service=_CODE,
                issued_at=MOMENT,
                printer=_CODE,
                slip=one_of(*SLIPS),
                reason=maybe(TEXT),
                shown=told(FLAG, "It was on the kiosk's screen until the citizen's time there ran out"),
            )
        ),
    ),
    "Numbers": record(**_number_fields),
    "Statistics": record(
        hall=_CODE,
        date=DAY,
        now=MOMENT,
        total=ref("Numbers"),
        services=many(record(service=_CODE, name=TEXT, **_number_fields)),
        agencies=many(record(agency=_CODE, name=TEXT, **_number_fields)),
        counters=many(record(counter=_CODE, name=TEXT, **_number_fields)),
    ),
    "Absence": record(
        officer=told(TEXT, "NIP"),
        kind=one_of(*ABSENCES),
        from_=MOMENT,
        to=MOMENT,
        document=told(TEXT, "What says so. Never a diagnosis"),
    ),
    "Closure": record(counter=_CODE, from_=MOMENT, to=MOMENT, reason=TEXT),
    "Recorded": record(id=TEXT),
}
