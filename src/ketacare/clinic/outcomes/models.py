"""An ask (a request to a patient), what was answered, what it scored, and the message that carried the link."""

from __future__ import annotations

import uuid
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.links.models import Form
from ketacare.clinic.people.models import Patient, PatientFact
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.models import Fact, Work


class AskState(models.TextChoices):
    WAITING = "waiting", "Not answered yet"
    ANSWERED = "answered", "Answered"
    MISSED = "missed", "Not answered in time"
    STOPPED = "stopped", "Not asked any more"


class Ask(Form):
    """One form for one moment after one dose. Half-open: from `opens_at` until before `closes_at`. A missed ask may
    still be answered while its link lives: late answers are kept and marked out of window."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="asks")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="asks")
    duty = models.OneToOneField(Duty, models.PROTECT, related_name="ask")
    staff_duty = models.OneToOneField(Duty, models.PROTECT, null=True, blank=True, related_name="staff_ask")
    staff_instruments = models.JSONField(default=list, help_text="What a person asks or rates then")
    checks = models.JSONField(default=list, help_text="What a person sees to then, in words")
    key = models.CharField(max_length=20)
    title = models.CharField(max_length=80)
    instruments = models.JSONField()
    has_words = models.BooleanField(default=False, help_text="Whether it ends with room for the patient's own words")
    cadence = models.CharField(max_length=20, blank=True, help_text="The version of the cadence sheet that asks it")
    dose_at = models.DateTimeField(help_text="What its hours are counted from")
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=AskState, default=AskState.WAITING)
    answered_at = models.DateTimeField(null=True, blank=True)
    stopped_why = models.CharField(max_length=80, blank=True)
    large_print = models.BooleanField(default=False)
    devices = models.JSONField(default=list, help_text="Browsers on which it was answered or the birth year was given")
    wrong_years = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True, blank=True, help_text="Too many wrong years: the link opens no more")

    class Meta:
        indexes = [models.Index(fields=["state", "closes_at"]), models.Index(fields=["patient", "key"])]
        constraints = [
            models.UniqueConstraint(fields=["visit", "key"], name="each_moment_asked_once"),
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at"), due_at__lte=F("closes_at")), name="ask_opens_before_it_closes"
            ),
            models.CheckConstraint(
                condition=Q(state="answered", answered_at__isnull=False)
                | ~Q(state="answered") & Q(answered_at__isnull=True),
                name="ask_answered_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {str(self.pk)[:8]}"


class Source(models.TextChoices):
    PATIENT = "patient", "Patient"
    CLINICIAN = "clinician", "Asked by staff"
    RATER = "rater", "Rater"


class Answers(PatientFact):
    """The answers to one instrument so far. Each further answer amends the row before it, so nothing is overwritten."""

    ask = models.ForeignKey(Ask, models.PROTECT, null=True, blank=True, related_name="answers")
    form_id = models.UUIDField(null=True, blank=True, help_text="A form of a room above through which they came")
    instrument = models.CharField(max_length=30)
    instrument_version = models.CharField(max_length=20)
    source = models.CharField(max_length=10, choices=Source)
    values = models.JSONField(help_text="item -> code; null is asked and not answered; absent is not asked yet")
    language = models.CharField(max_length=5, blank=True)
    wording = models.CharField(max_length=64, blank=True, help_text="Fingerprint of the owner's text, if any")

    class Meta(PatientFact.Meta):
        indexes = [models.Index(fields=["ask", "instrument"]), models.Index(fields=["form_id", "instrument"])]

    @property
    def asked_by(self) -> UUID | None:
        """The form they answer, whichever room asked."""
        return self.ask_id or self.form_id


class Score(PatientFact):
    """What the answers scored, by the sheet version that made it. No total where one needed answer is missing."""

    answers = models.OneToOneField(Answers, models.PROTECT, related_name="score")
    ask = models.ForeignKey(Ask, models.PROTECT, null=True, blank=True, related_name="scores")
    instrument = models.CharField(max_length=30)
    instrument_version = models.CharField(max_length=20)
    total = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    sum_answered = models.DecimalField(max_digits=6, decimal_places=2)
    band = models.CharField(max_length=40, blank=True)
    missing_items = models.JSONField(default=list)
    in_window = models.BooleanField(default=True)
    overlaps_recall = models.BooleanField(default=False, help_text="Asked again before its recall period had passed")

    class Meta(PatientFact.Meta):
        _read = ["id", "happened_at", "instrument_version", "total", "in_error"]
        _of_one = models.Index(fields=["instrument", "patient"], include=_read, name="scores_of_an_instrument")
        indexes = [models.Index(fields=["patient", "instrument", "happened_at"]), _of_one]
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(missing_items=[]) | Q(total__isnull=True), name="a_partial_form_has_no_total"
            ),
        ]


class Came(models.TextChoices):
    """From where a rating came."""

    IN_PERSON = "in_person", "In person"
    VIDEO = "video", "By video"
    TELEPHONE = "telephone", "By telephone"
    PAPER = "paper", "From the patient's paper form"
    RECORD = "record", "From another record"


class Hidden(models.TextChoices):
    """What a rater did not know."""

    DOSE = "dose", "Which dose was given"
    TIME = "time", "Which time point it is"
    ARM = "arm", "Which treatment, in a trial"
    EARLIER = "earlier", "Earlier scores"
    NOTHING = "nothing", "Nothing: the rater knew all of it"


class Rating(PatientFact):
    """Who rated, from where, what was kept from them, and which edition they used. A rater without an account has a
    name."""

    answers = models.OneToOneField(Answers, models.PROTECT, related_name="rating")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    rater_name = models.CharField(max_length=120, blank=True)
    profession = models.CharField(max_length=80, blank=True)
    came = models.CharField(max_length=10, choices=Came)
    hidden = models.JSONField(default=list, help_text="What the rater did not know; empty is not said")
    edition = models.CharField(max_length=120, blank=True)
    carried_items = models.JSONField(default=list, help_text="Items taken over from before the dose")
    by_total = models.BooleanField(default=False)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(rater__isnull=False) | ~Q(rater_name=""), name="a_rating_says_who_rated"
            ),
        ]

    @property
    def who(self) -> str:
        name = self.rater.name if self.rater else self.rater_name
        return f"{name}, {self.profession}" if self.profession else str(name)

    @property
    def hidden_words(self) -> str:
        """In a few words, for the line of a score; nothing where it was not said."""
        if self.hidden == [Hidden.NOTHING]:
            return "not blinded"
        kinds = {"dose": "dose", "time": "time point", "arm": "treatment", "earlier": "earlier scores"}
        return f"blind to {', '.join(kinds[one] for one in self.hidden)}" if self.hidden else ""


class ScaleText(Fact):
    """The wording of a scale as its owner has it, loaded by this organisation under its own licence. Amended, never
    overwritten; withdrawn, the scale is by number again."""

    instrument = models.CharField(max_length=30)
    language = models.CharField(max_length=5)
    edition = models.CharField(max_length=200)
    owner = models.CharField(max_length=200)
    licence = models.TextField()
    attribution = models.TextField()
    text = models.TextField(help_text="The file as it was loaded")
    fingerprint = models.CharField(max_length=64)
    non_commercial = models.BooleanField(default=False)
    is_withdrawn = models.BooleanField(default=False)

    class Meta(Fact.Meta):
        indexes = [models.Index(fields=["organisation", "instrument"])]
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(
                fields=["organisation", "instrument", "language"],
                condition=Q(amends__isnull=True),
                name="a_scale_text_begins_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument} ({self.language})"


class Told(PatientFact):
    """What a patient wrote in their own words at the end of a check-in. Never scored; a person reads it."""

    ask = models.ForeignKey(Ask, models.PROTECT, related_name="told")
    words = models.TextField()
    duty = models.OneToOneField(Duty, models.PROTECT, related_name="told")


class PeriodicReview(PatientFact):
    """What a person found when the course asked for it: each check with a word, or why it was not made."""

    ask = models.ForeignKey(Ask, models.PROTECT, related_name="reviews")
    found = models.JSONField(help_text="check -> what was found, or why it was not made")


class CallResult(models.TextChoices):
    WELL = "well", "Reached, is well"
    WORRIED = "worried", "Reached, and I am worried"
    NOT_REACHED = "not_reached", "Not reached"


class Call(PatientFact):
    """A telephone call about a check-in that was not answered."""

    ask = models.ForeignKey(Ask, models.PROTECT, related_name="calls")
    result = models.CharField(max_length=12, choices=CallResult)
    words = models.TextField(blank=True)
    said = models.JSONField(default=dict, help_text="item -> code, as told to the caller; null: would rather not say")


class MessageState(models.TextChoices):
    WAITING = "waiting", "To be sent"
    READY = "ready", "Handed to the gateway"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Not delivered"
    CAUGHT = "caught", "Caught by the demo outbox"
    NEEDLESS = "needless", "Not needed any more"


class Way(models.TextChoices):
    """By which way a patient may be written to, as they wished."""

    TEXT = "text", "By text message"
    EMAIL = "email", "By e-mail"
    ANY = "any", "However the patient may be reached"


class MessageOut(Work):
    """A message to a patient: a code and a link, never a word about them. The words are made when it is sent.

    The link is of an ask, or of a form of a room above: that room withdraws what has become needless.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="messages_out")
    ask = models.ForeignKey(Ask, models.PROTECT, null=True, blank=True, related_name="messages")
    kind = models.CharField(max_length=20, default="check-in", help_text="Of the form; its route has the same name")
    form_id = models.UUIDField(null=True, blank=True)
    form_serial = models.PositiveSmallIntegerField(null=True, blank=True)
    form_until = models.DateTimeField(null=True, blank=True)
    form_title = models.CharField(max_length=80, blank=True)
    form_language = models.CharField(max_length=5, blank=True)
    way = models.CharField(max_length=8, choices=Way, default=Way.ANY)
    code = models.CharField(
        max_length=20,
        choices=[
            ("first", "First"), ("reminder", "Reminder"), ("fresh", "New link, asked"), ("driving", "Driving again"),
            ("intake", "Before the first visit"), ("visit", "A visit beside the doses"),
        ],
    )  # fmt: skip
    send_after = models.DateTimeField()
    state = models.CharField(max_length=9, choices=MessageState, default=MessageState.WAITING)
    channel = models.CharField(max_length=5, blank=True, help_text="By which it went: text or mail")
    receipt = models.UUIDField(default=uuid.uuid4, db_index=True, help_text="By which the gateway reports")
    tries = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True, blank=True)
    try_after = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=80, blank=True, help_text="The kind of fault, never an address")
    duty = models.OneToOneField(Duty, models.PROTECT, null=True, blank=True, related_name="message")

    class Meta:
        indexes = [models.Index(fields=["state", "send_after"]), models.Index(fields=["form_id"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(ask__isnull=False, form_id__isnull=True)
                | Q(ask__isnull=True, form_id__isnull=False, form_serial__isnull=False, form_until__isnull=False),
                name="a_message_carries_one_link",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {str(self.pk)[:8]}"

    @property
    def title(self) -> str:
        return self.ask.title if self.ask else self.form_title

    @property
    def language(self) -> str:
        return self.ask.language if self.ask else self.form_language

    @property
    def link_until(self) -> datetime:
        until = self.ask.link_until if self.ask else self.form_until
        assert until is not None  # the constraint holds it
        return until


class WishBy(models.TextChoices):
    """How a wish about messages came."""

    LINK = "link", "By the link in a message"
    REPLY = "reply", "By answering STOP"
    STAFF = "staff", "Told to staff"
    OTHER = "other", "By somebody else, whom a link reached"


class MessageWish(PatientFact):
    """Whether a patient wants messages at all, and by which clock they live. The newest one stands."""

    wanted = models.BooleanField()
    came = models.CharField(max_length=5, choices=WishBy)
    words = models.CharField(max_length=200, blank=True)
    zone = models.CharField(max_length=64, blank=True, help_text="IANA zone, where it is not the clinic's")
    duty = models.OneToOneField(Duty, models.PROTECT, null=True, blank=True, related_name="wish")


class MessageReply(PatientFact):
    """What somebody answered to a message, though it asks them not to, or wrote elsewhere while a concern stood. A
    person reads it; no software does. What was written elsewhere is for whoever has the concern, and for no reader of
    messages."""

    reply_id = models.CharField(max_length=80, help_text="The gateway's own number of it")
    sender = models.CharField(max_length=40, blank=True, help_text="The number it was texted from; none: by mail")
    words = models.TextField()
    is_stop = models.BooleanField()
    elsewhere = models.CharField(max_length=40, blank=True, help_text="Where it was typed, if not as an answer")
    duty = models.OneToOneField(Duty, models.PROTECT, null=True, blank=True, related_name="reply")

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.UniqueConstraint(fields=["patient", "reply_id"], name="a_reply_is_taken_once"),
        ]


class WordsRead(PatientFact):
    """Somebody read what a patient wrote, and what they did about it."""

    told = models.OneToOneField(Told, models.PROTECT, null=True, blank=True, related_name="read")
    reply = models.OneToOneField(MessageReply, models.PROTECT, null=True, blank=True, related_name="read")
    note = models.CharField(max_length=300)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(told__isnull=False, reply__isnull=True) | Q(told__isnull=True, reply__isnull=False),
                name="what_was_read_is_one_thing",
            ),
        ]


class UnknownReply(Fact):
    """What came from a number that nobody here has: it may be a patient with another telephone. A person reads it."""

    reply_id = models.CharField(max_length=80, help_text="The gateway's own number of it")
    sender = models.CharField(max_length=40)
    words = models.TextField()
    duty = models.OneToOneField(Duty, models.PROTECT, related_name="unknown_reply")

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(fields=["clinic", "reply_id"], name="an_unknown_reply_is_taken_once"),
        ]


class UnknownReplyRead(Fact):
    """Somebody read it, and found out who it was or what is to be done."""

    reply = models.OneToOneField(UnknownReply, models.PROTECT, related_name="read")
    note = models.CharField(max_length=300)


class IndexEvent(PatientFact):
    """The event that every PCL-5 of a patient is about, in a few words agreed with them; once written it is fixed."""

    words = models.CharField(max_length=120)
