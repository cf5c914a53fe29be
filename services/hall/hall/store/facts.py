"""What the hall tells, made of what it knows."""

from contracts.hall import (
    ClubChanged,
    ClubRegistered,
    PaymentOrder,
    SessionEnded,
    SessionOrdered,
    SessionRefused,
    SessionStarted,
)
from contracts.money import Line, Person
from hall.domain.club import Club
from hall.domain.session import Session


def club_registered(club: Club) -> ClubRegistered:
    return ClubRegistered.model_validate(club, from_attributes=True)


def club_changed(club: Club) -> ClubChanged:
    return ClubChanged.model_validate(club, from_attributes=True)


def ordered(session: Session, by: Person, payment: PaymentOrder | None) -> SessionOrdered:
    price_kopecks = session.price_kopecks
    line = Line(name=session.line_name, quantity=1, price_kopecks=price_kopecks, amount_kopecks=price_kopecks)
    return SessionOrdered(
        org_id=session.org_id,
        session_id=session.session_id,
        sale_id=session.sale_id,
        club_id=session.club_id,
        device_id=session.device_id,
        device_name=session.device_name,
        till_id=session.till_id,
        client_id=session.client_id,
        tariff_id=session.tariff_id,
        minutes=session.minutes,
        lines=(line,),
        bonus_cap_percent=session.bonus_cap_percent,
        ordered_at=session.ordered_at,
        pay_by=session.pay_by,
        ordered_by=by,
        payment=payment,
    )


def started(session: Session) -> SessionStarted:
    return SessionStarted.model_validate(session, from_attributes=True)


def ended(session: Session) -> SessionEnded:
    return SessionEnded.model_validate(session, from_attributes=True)


def refused(session: Session) -> SessionRefused:
    assert session.refusal is not None, session
    return SessionRefused(
        org_id=session.org_id,
        session_id=session.session_id,
        sale_id=session.sale_id,
        club_id=session.club_id,
        device_id=session.device_id,
        device_name=session.device_name,
        code=session.refusal.code,
        refused_at=session.refused_at,
    )
