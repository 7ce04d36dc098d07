"""Why an order may not go ahead as it stands: every limit at once, each with its field, rule and remedy."""

from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

from ketacare.medicine.dosing.rules import pump
from ketacare.medicine.dosing.rules.home import home_holds
from ketacare.medicine.dosing.terms import Hold, HoldKind, Order
from ketacare.medicine.evidence.rules import day_of
from ketacare.medicine.protocols.terms import Means, Protocol
from ketacare.medicine.quantities.terms import Mass, MassPerWeight, Volume, Weight, plain

_HUNDRED = Decimal(100)

# What a reason can lift, each by a reason of its own: said about one of these, it lifts none of the others.
REASONED = WEEK, DAYS, FIRST_DOSE, INJECTIONS, PLAN, LAST, FAST, RANGE = (
    "week", "days", "first-dose", "injections", "plan", "last", "fast", "range",
)  # fmt: skip


def holds_of(order: Order, dose: Mass, draw: Volume | None, drawn: Mass) -> tuple[Hold, ...]:
    """Every hold of an order: `dose` is what is ordered, `drawn` what the syringe or the pieces really hold."""
    found = (
        _product_unknown(order),
        _undiluted(order, draw),
        _bag_unknown(order),
        _no_syringe(order, draw),
        _too_coarse(order, dose, drawn),
        pump.too_coarse(order, draw),
        _too_many_injections(order, draw),
        _dose_of_no_device(order, dose),
        _weight_stale(order),
        _over_most(order, dose),
        _over_day(order, dose),
        _over_week(order),
        _too_soon(order),
        _not_the_first(order, dose),
        _second_too_large(order, dose),
        _over_plan(order, dose),
        _over_last(order, dose),
        _fast_and_high(order),
        _second_step_too_long(order),
        _outside_range(order),
        _not_of_the_sheet(order, dose),
        _confirm(order, dose),
        _site_unknown(order),
    )
    return tuple(hold for hold in (*found, *home_holds(order, dose)) if hold is not None)


def _product_unknown(order: Order) -> Hold | None:
    """Route, product and order must agree: only what the protocol of this route lists can be given by it."""
    sheet = order.protocol
    if sheet.means is Means.COUNTED:
        if order.piece is not None and sheet.piece(order.piece) is not None:
            return None
        known = ", ".join(piece.label for piece in sheet.pieces)
        return _refused("H1", "piece", f"Product: this protocol gives {sheet.drug} as {known}. Choose one of these.")
    if order.vial is not None and sheet.vial(order.vial) is not None:
        return None
    known = ", ".join(vial.concentration.written() for vial in sheet.vials)
    return _refused("H1", "vial", f"Vial: {order.vial} is not a strength of this protocol. Choose one of {known}.")


def _undiluted(order: Order, draw: Volume | None) -> Hold | None:
    if order.protocol.means is not Means.INFUSION or order.vial is None or draw is None:
        return None
    vial = order.protocol.vial(order.vial)
    if vial is None or not vial.dilute_first:
        return None
    if order.bag is not None and order.bag - draw >= draw:
        return None
    words = f"Vial: {order.vial} is never given intravenously undiluted. Dilute with at least {draw.rounded()}."
    return _refused("H1", "bag", words)


def _bag_unknown(order: Order) -> Hold | None:
    """Only an infusion is made up to a volume."""
    if order.bag is None or order.protocol.means is Means.INFUSION:
        return None
    return _refused("H1", "bag", f"Diluent: a dose {order.protocol.route} is not made up to a bag. Leave it out.")


def _no_syringe(order: Order, draw: Volume | None) -> Hold | None:
    if draw is None or order.protocol.syringe_for(draw) is not None:
        return None
    return _refused("I12", "vial", f"Vial: {draw.rounded()} fits no syringe. Choose a stronger vial.")


def _too_coarse(order: Order, dose: Mass, drawn: Mass) -> Hold | None:
    most = order.protocol.rounding_most_percent
    if not dose.amount:
        return None
    off = abs(drawn.amount - dose.amount) * _HUNDRED / dose.amount
    if order.protocol.means is Means.COUNTED or off <= most:
        return None
    told = plain(off.quantize(Decimal("0.1")))
    words = f"Vial: no syringe shows {dose.rounded()} of {order.vial} nearer than {told} % (most {plain(most)} %)."
    return _refused("I12", "vial", f"{words} Choose a weaker vial or another dose.")


def _dose_of_no_device(order: Order, dose: Mass) -> Hold | None:
    """A counted product is whole: half a device or lozenge is no dose."""
    if order.protocol.means is not Means.COUNTED or order.piece is None or not order.piece.amount:
        return None
    whole = dose.amount % order.piece.amount == 0 and dose.amount > 0
    if whole and (not order.protocol.doses or dose in order.protocol.doses):
        return None
    listed = ", ".join(one.written() for one in order.protocol.doses) or f"whole multiples of {order.piece}"
    return _refused("TI-2", "dose", f"Dose: {dose} is not given with pieces of {order.piece}. Choose {listed}.")


def _weight_stale(order: Order) -> Hold | None:
    if not order.protocol.by_weight:
        return None
    age = (day_of(order.at, order.at) - day_of(order.weighed_at, order.at)).days
    limit = order.protocol.weight.valid_days
    if 0 <= age <= limit:
        return None
    told = "in the future" if age < 0 else f"{age} days old; no dose from a weight older than {limit} days"
    return _refused("H3", "weight", f"Weight: {order.weight} is {told}. Weigh the patient today.")


def _over_most(order: Order, dose: Mass) -> Hold | None:
    most = order.protocol.ceilings
    by_weight = most.last_by_weight
    over = by_weight is not None and isinstance(order.dose, MassPerWeight) and order.dose > by_weight
    if dose <= most.most and not over:
        return None
    limit = f"{most.most}" if by_weight is None else f"{by_weight} and {most.most}"
    told = f"{order.dose} = {dose}" if isinstance(order.dose, MassPerWeight) else f"{dose}"
    return _refused("WD-4", "dose", f"Dose: {told} is above the most allowed, {limit}. Lower the dose.")


def _over_day(order: Order, dose: Mass) -> Hold | None:
    """What was given today counts: by the day a patient never gets more than one session's most (WD-5)."""
    today = order.given_today
    if order.second_of is None:
        if not today.amount and days_since_last(order) != 0:
            return None
        told = f"{today} was given" if today.amount else "another session was started"
        words = f"Dose: {told} today already. One session a day: order for another day."
        return _refused("WD-5", "dose", words)
    most = most_for(order)
    if today + dose <= most:
        return None
    words = f"Dose: {dose} after {today} today is above the most of a day, {most.rounded()}. Lower the dose."
    return _refused("WD-5", "dose", words)


def _over_week(order: Order) -> Hold | None:
    """The sessions of seven days (WD-6): one more needs the prescriber's own reason."""
    most = order.protocol.ceilings.most_per_week
    if most is None or order.second_of is not None or order.given_this_week < most:
        return None
    times = f"{order.given_this_week} session{'' if order.given_this_week == 1 else 's'}"
    words = f"Week: {times} of {order.protocol.drug} in the last 7 days; the most is {most}."
    remedy = "Order for a later day, or say why this one is meant."
    return _by_reason(order, WEEK, "WD-6", f"{words} {remedy}")


def day_holds(order: Order, dose: Mass) -> tuple[Hold, ...]:
    """Those of the day and of the days between: the only ones that another session can raise after the signature."""
    return tuple(hold for hold in (_over_day(order, dose), _too_soon(order)) if hold is not None)


def days_since_last(order: Order) -> int | None:
    """Calendar days of the clinic since the last dose began, whatever was given; None before the first."""
    if order.last_started_at is None:
        return None
    return (day_of(order.starts_at or order.at, order.at) - day_of(order.last_started_at, order.at)).days


def _too_soon(order: Order) -> Hold | None:
    """The days, and where the protocol has them the hours, between two sessions; the same day is the line before."""
    sheet, days, last = order.protocol, days_since_last(order), order.last_started_at
    if last is None or not days or order.second_of is not None:
        return None
    least, hours = sheet.min_days_between, sheet.least_hours_between
    since = (order.starts_at or order.at) - last
    near = hours is not None and since < timedelta(hours=hours)
    if days >= least and not near:
        return None
    wanted = f"{hours} h" if near else f"{least} days"
    told = f"{since // timedelta(hours=1)} h" if near else f"{days} day{'' if days == 1 else 's'}"
    words = f"Time: the last dose was {told} ago; this protocol has at least {wanted} between two."
    remedy = "Order for a later day, or say why this one is meant."
    return _by_reason(order, DAYS, sheet.id.upper(), f"{words} {remedy}")


def _not_the_first(order: Order, dose: Mass) -> Hold | None:
    """Where the label fixes the first dose: more only by two people, less by the prescriber's reason."""
    first = order.protocol.dose
    if not order.protocol.ceilings.first_dose_fixed or order.last_given is not None or order.dose == first:
        return None
    rule, words = order.protocol.id.upper(), f"Dose: {order.dose} as the first here; the label's first dose is {first}."
    if dose > order.mass_of(first):
        return _two_people(order, FIRST_DOSE, rule, words)
    return _by_reason(order, FIRST_DOSE, rule, f"{words} Order that, or say why less is meant.")


def most_for(order: Order) -> Mass:
    """The most this patient may get by this route in one session, and so in a day."""
    return most_of(order.protocol, order.weight)


def most_of(protocol: Protocol, weight: Weight) -> Mass:
    """The same for a weight alone, before anything is ordered."""
    return _line(protocol, weight, protocol.ceilings.most_by_weight)


def line_above(order: Order, dose: Mass) -> Mass:
    """The nearest line that this dose does not pass: what is drawn may not pass it either. Of a second injection also
    what is left of the day, and the share of the first."""
    last = _line(order.protocol, order.weight, order.protocol.ceilings.last_by_weight)
    lines, most = [last, most_for(order)], most_for(order)
    if order.second_of is not None and order.protocol.second is not None:
        lines.append(order.second_of.times(order.protocol.second.most_share_percent / _HUNDRED))
        lines.append(most - order.given_today if order.given_today < most else most)
    return min((line for line in lines if dose <= line), default=last)


def _line(protocol: Protocol, weight: Weight, by_weight: MassPerWeight | None) -> Mass:
    most = protocol.ceilings.most
    return most if by_weight is None else min(most, by_weight.for_weight(weight))


def injections(order: Order, draw: Volume) -> int:
    """How many injections the site takes it in (VI-4)."""
    most = order.protocol.sites.get(order.site)
    return 1 if most is None else max(1, int(draw.share_of(most).to_integral_value(ROUND_CEILING)))


def _too_many_injections(order: Order, draw: Volume | None) -> Hold | None:
    most = order.protocol.ceilings.most_injections
    if most is None or draw is None or (needed := injections(order, draw)) <= most:
        return None
    words = f"Vial: {draw.rounded()} of {order.vial} are {needed} injections; more than {most} are not usual."
    remedy = "Choose a stronger vial or another site, or say why this is meant."
    return _by_reason(order, INJECTIONS, "VI-4", f"{words} {remedy}")


def _second_too_large(order: Order, dose: Mass) -> Hold | None:
    """A second injection: only where the protocol has one, in its time, and small beside the first."""
    first, rule = order.second_of, order.protocol.second
    if first is None:
        return None
    if rule is None:
        return _refused("TI-1", "dose", f"Dose: {order.protocol.title} has no second dose. End the session.")
    most = first.times(rule.most_share_percent / _HUNDRED)
    if dose <= most:
        return None
    share = plain(rule.most_share_percent)
    words = f"Dose: {dose} is more than {share} % of the first ({first}). Choose at most {most.rounded()}."
    return _refused("TI-1", "dose", words)


def _over_plan(order: Order, dose: Mass) -> Hold | None:
    planned = order.planned or order.protocol.dose
    times = order.protocol.ceilings.two_people_times_plan
    if order.second_of is not None or dose <= order.mass_of(planned).times(times):
        return None
    return _two_people(order, PLAN, "H2", f"Dose: {order.dose} is more than {times} times the plan ({planned}).")


def _over_last(order: Order, dose: Mass) -> Hold | None:
    times, last = order.protocol.ceilings.two_people_times_last, order.last_given
    if last is None or order.second_of is not None or dose <= order.mass_of(last).times(times):
        return None
    words = f"Dose: {order.dose} is more than {times} times the last one given ({last})."
    return _two_people(order, LAST, "TI-5", words)


def _fast_and_high(order: Order) -> Hold | None:
    lines, dose = order.protocol.ceilings, order.dose
    if lines.two_people_under is None or lines.two_people_over_by_weight is None or order.minutes is None:
        return None
    if not isinstance(dose, MassPerWeight) or dose <= lines.two_people_over_by_weight:
        return None
    if order.minutes >= lines.two_people_under:
        return None
    told = f"more than {lines.two_people_over_by_weight} in less than {lines.two_people_under}"
    return _two_people(order, FAST, "H2", f"Dose: {dose} in {order.minutes} is {told}.")


def _outside_range(order: Order) -> Hold | None:
    lines, usual, dose = order.protocol.ceilings, order.protocol.minutes_least, order.dose
    floor, most = lines.floor_by_weight, lines.most_by_weight
    low = floor is not None and isinstance(dose, MassPerWeight) and dose < floor
    high = most is not None and isinstance(dose, MassPerWeight) and most < dose and lines.last_by_weight != most
    longest = order.protocol.minutes_most
    fast = usual is not None and order.minutes is not None and order.minutes < usual
    slow = longest is not None and order.minutes is not None and order.minutes > longest
    if order.second_of is not None or not (low or high or fast or slow):
        return None
    told = f"{dose}" if order.minutes is None else f"{dose} in {order.minutes}"
    between = f"{floor} to {most}" if high else f"{floor} or more"
    times = f"{usual} to {longest}" if slow else f"{usual}"
    sheet = ", ".join(part for part in (between if floor else "", times if usual else "") if part)
    return _two_people(order, RANGE, "TI-5", f"Dose: {told} is outside the sheet ({sheet}).")


def _not_of_the_sheet(order: Order, dose: Mass) -> Hold | None:
    """A device gives more doses than the sheet has: of those it does not name, two people say why. The first dose has a
    line of its own, and the same again was meant before."""
    sheet = order.protocol
    if order.last_given in (None, dose) or dose not in sheet.doses or dose in sheet.listed:
        return None
    named = " or ".join(f"{one}" for one in sheet.listed)
    return _two_people(order, RANGE, "TI-5", f"Dose: {dose} is outside the sheet ({named}).")


def _second_step_too_long(order: Order) -> Hold | None:
    """Two steps: what the first leaves of the time is the second's, and has lines of its own."""
    steps, minutes = order.protocol.steps, order.minutes
    if steps is None or minutes is None:
        return None
    if steps.second_least <= minutes - steps.first <= steps.second_most:
        return None
    least, most = steps.first + steps.second_least, steps.first + steps.second_most
    words = f"Time: the second step runs {steps.second_least} to {steps.second_most} after the first {steps.first}."
    return _refused("P-IV-2STEP", "minutes", f"{words} Order {least} to {most} in all.")


def _confirm(order: Order, dose: Mass) -> Hold | None:
    line = order.protocol.ceilings.confirm_over
    if line is None or dose <= line:
        return None
    words = f"Dose: {dose.rounded()} is over {line}. The prescriber confirms it."
    return Hold("WD-3", "dose", HoldKind.CONFIRM, words, lifted=order.confirmed_by_prescriber)


def _site_unknown(order: Order) -> Hold | None:
    sites = order.protocol.sites
    if not sites or order.site in sites:
        return None
    return _refused("VI-4", "site", f"Site: no site was chosen. Choose {' or '.join(sites)}.")


def _refused(rule: str, field: str, words: str) -> Hold:
    return Hold(rule, field, HoldKind.REFUSED, words)


def _by_reason(order: Order, name: str, rule: str, words: str) -> Hold:
    """Lifted by the prescriber's reason for this one."""
    return Hold(rule, f"against-{name}", HoldKind.OVERRIDE, words, lifted=_said(order, name), name=name)


def _two_people(order: Order, name: str, rule: str, words: str) -> Hold:
    """Lifted once the first has said why this one is meant, and a second person has said so too, of this very one."""
    remedy = "Check mg against mg/kg; otherwise two people give the reason."
    lifted = order.two_people is not None and order.two_people.mean(name) and _said(order, name)
    return Hold(rule, f"against-{name}", HoldKind.TWO_PEOPLE, f"{words} {remedy}", lifted=lifted, name=name)


def _said(order: Order, name: str) -> bool:
    return bool(order.reasons.get(name, "").strip())
