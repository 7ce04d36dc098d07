import django.contrib.postgres.constraints
import django.db.models.constraints
import django.db.models.deletion
import ketacare.clinic.scheduling.models.resources
import ketacare.clinic.scheduling.models.visits
import uuid
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
        ('tenancy', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),  # equality and overlap of time in one exclusion
        migrations.CreateModel(
            name='Chair',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('name', models.CharField(max_length=40)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'name'), name='chair_named_once')],
            },
        ),
        migrations.CreateModel(
            name='Course',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='courses', to='people.patient')),
                ('sheet_id', models.CharField(max_length=40)),
                ('sheet_version', models.CharField(max_length=20)),
                ('rules', models.JSONField(help_text='Days between doses, doses a week, window and lengths, as they were booked')),
                ('wishes', models.JSONField(default=dict)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('patient',), name='one_open_course_per_patient')],
            },
        ),
        migrations.CreateModel(
            name='Resource',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('kind', models.CharField(choices=[('room', 'Room'), ('pump', 'Pump'), ('monitor', 'Monitor')], max_length=8)),
                ('name', models.CharField(max_length=40)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'kind', 'name'), name='resource_named_once')],
            },
        ),
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('chair', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='outages', to='scheduling.chair')),
                ('resource', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='outages', to='scheduling.resource')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('words', models.CharField(max_length=200)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('chair__isnull', False), ('resource__isnull', True)), models.Q(('chair__isnull', True), ('resource__isnull', False)), _connector='OR'), name='an_outage_is_of_one_thing'), models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gte', models.F('starts_at')), _connector='OR'), name='an_outage_ends_after_it_began')],
            },
        ),
        migrations.CreateModel(
            name='SiteRules',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='scheduling.siterules')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('hands_on_min', models.PositiveSmallIntegerField(help_text="One nurse's hands from the start of a dose")),
                ('watched_most', models.PositiveSmallIntegerField(help_text='Chairs that one nurse watches at once')),
                ('end_before_closing_min', models.PositiveSmallIntegerField(help_text='The last chair is free so long before closing')),
                ('needs_supervisor', models.BooleanField(default=True)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='scheduling_siterules_amend_says_why'), models.UniqueConstraint(condition=models.Q(('amends__isnull', True)), fields=('clinic',), name='site_rules_begin_once'), models.CheckConstraint(condition=models.Q(('watched_most__gte', 1), ('watched_most__lte', 8)), name='watched_chairs_sane')],
            },
        ),
        migrations.CreateModel(
            name='StaffSkill',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='skills', to=settings.AUTH_USER_MODEL)),
                ('skill', models.CharField(choices=[('infusion', 'Starts and watches a dose'), ('therapy', 'Therapy'), ('prescribe', 'Evaluates, reviews and supervises'), ('laboratory', 'Takes blood')], max_length=10)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('clinic', 'user', 'skill'), name='one_open_skill')],
            },
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='people.patient')),
                ('kind', models.CharField(choices=[('evaluation', 'Evaluation'), ('preparation', 'Preparation'), ('dose', 'Dosing session'), ('integration', 'Integration therapy'), ('review', 'Review'), ('laboratory', 'Laboratory')], max_length=12)),
                ('state', models.CharField(choices=[('booked', 'Booked'), ('checked_in', 'Checked in'), ('running', 'Running'), ('recovery', 'Recovery'), ('discharged', 'Discharged'), ('closed', 'Closed'), ('cancelled', 'Cancelled'), ('no_show', 'Did not come')], default='booked', max_length=12)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('dose_began_at', models.DateTimeField(blank=True, help_text='T0 of a dosing session, as it was started', null=True)),
                ('chair', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='scheduling.chair')),
                ('number_in_course', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('course', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='scheduling.course')),
                ('follows', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='scheduling.visit')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'starts_at'], name='scheduling__clinic__68311d_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='visit_ends_after_start'), models.UniqueConstraint(condition=models.Q(('state__in', ['checked_in', 'running', 'recovery'])), fields=('chair',), name='one_person_in_a_chair'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ['booked', 'checked_in', 'running', 'recovery']), ('chair__isnull', False)), deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], expressions=[('chair', '='), (ketacare.clinic.scheduling.models.visits.TsTzRange('starts_at', 'ends_at'), '&&')], name='no_chair_twice'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ['booked', 'checked_in', 'running', 'recovery'])), deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], expressions=[('patient', '='), (ketacare.clinic.scheduling.models.visits.TsTzRange('starts_at', 'ends_at'), '&&')], name='no_patient_twice')],
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='scheduling.visit')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to=settings.AUTH_USER_MODEL)),
                ('resource', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='scheduling.resource')),
                ('lane', models.PositiveSmallIntegerField(default=0)),
                ('lane_until', models.PositiveSmallIntegerField(default=9)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('is_held', models.BooleanField(default=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_held', True)), fields=['clinic', 'starts_at'], name='holds_by_day')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='hold_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('resource__isnull', True), ('user__isnull', False)), models.Q(('resource__isnull', False), ('user__isnull', True)), _connector='OR'), name='a_hold_is_of_one_thing'), models.CheckConstraint(condition=models.Q(('lane__lt', models.F('lane_until')), ('lane_until__lte', 9)), name='hold_lanes_bounded'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('is_held', True), ('user__isnull', False)), deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], expressions=[('user', '='), (ketacare.clinic.scheduling.models.resources.Lanes('lane', 'lane_until'), '&&'), (ketacare.clinic.scheduling.models.visits.TsTzRange('starts_at', 'ends_at'), '&&')], name='no_person_twice'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('is_held', True), ('resource__isnull', False)), deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], expressions=[('resource', '='), (ketacare.clinic.scheduling.models.visits.TsTzRange('starts_at', 'ends_at'), '&&')], name='no_resource_twice')],
            },
        ),
        migrations.CreateModel(
            name='VisitChange',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='scheduling.visitchange')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='scheduling.visit')),
                ('what', models.CharField(choices=[('moved', 'Moved'), ('given_to', 'Other place or person'), ('cancelled', 'Cancelled'), ('no_show', 'Did not come'), ('late', 'Comes late'), ('overridden', 'Booked against a rule')], max_length=12)),
                ('reason', models.CharField(max_length=30)),
                ('words', models.CharField(blank=True, max_length=300)),
                ('from_at', models.DateTimeField(blank=True, null=True)),
                ('to_at', models.DateTimeField(blank=True, null=True)),
                ('from_chair', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.chair')),
                ('to_chair', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.chair')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['visit', 'recorded_at'], name='scheduling__visit_i_ae518a_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='scheduling_visitchange_amend_says_why'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='a_changed_visit_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('what', 'moved'), _negated=True), models.Q(('from_at__isnull', False), ('to_at__isnull', False)), _connector='OR'), name='a_moved_visit_says_from_where')],
            },
        ),
        migrations.CreateModel(
            name='Waiting',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waiting', to='people.patient')),
                ('kind', models.CharField(choices=[('evaluation', 'Evaluation'), ('preparation', 'Preparation'), ('dose', 'Dosing session'), ('integration', 'Integration therapy'), ('review', 'Review'), ('laboratory', 'Laboratory')], max_length=12)),
                ('urgency', models.PositiveSmallIntegerField(help_text='1 soonest to 4')),
                ('since', models.DateTimeField()),
                ('wishes', models.JSONField(default=dict)),
                ('words', models.CharField(blank=True, max_length=300)),
                ('passed_over', models.PositiveSmallIntegerField(default=0, help_text='Times a later one got a place before them')),
                ('state', models.CharField(choices=[('waiting', 'Waits'), ('placed', 'Has a place'), ('gone', 'Waits no longer')], default='waiting', max_length=8)),
                ('reason', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('patient', 'kind'), name='waits_once_for_a_kind'), models.CheckConstraint(condition=models.Q(('urgency__gte', 1), ('urgency__lte', 4)), name='waiting_urgency_known')],
            },
        ),
        migrations.CreateModel(
            name='WeekHours',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='scheduling.weekhours')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('week', models.JSONField(help_text='{"0": ["08:00", "17:00"]}: Monday is 0; a day that is left out is closed')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='scheduling_weekhours_amend_says_why'), models.UniqueConstraint(condition=models.Q(('amends__isnull', True)), fields=('clinic', 'user'), name='one_week_of_hours', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='absences', to=settings.AUTH_USER_MODEL)),
                ('kind', models.CharField(choices=[('leave', 'Leave'), ('ill', 'Ill'), ('training', 'Training'), ('holiday', 'The clinic is closed')], max_length=8)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('words', models.CharField(blank=True, max_length=200)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='absence_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'holiday'), ('user__isnull', True)), models.Q(models.Q(('kind', 'holiday'), _negated=True), ('user__isnull', False)), _connector='OR'), name='a_holiday_is_nobodys_leave'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('user__isnull', False), ('withdrawn_at__isnull', True)), expressions=[('clinic', '='), ('user', '='), (ketacare.clinic.scheduling.models.visits.TsTzRange('starts_at', 'ends_at'), '&&')], name='no_overlapping_leave')],
            },
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='feeds', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='feeds', to='people.patient')),
                ('serial', models.PositiveSmallIntegerField(default=1)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('patient__isnull', True), ('user__isnull', False)), models.Q(('patient__isnull', False), ('user__isnull', True)), _connector='OR'), name='a_feed_is_one_persons'), models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True), ('user__isnull', False)), fields=('clinic', 'user'), name='one_open_feed_per_user'), models.UniqueConstraint(condition=models.Q(('patient__isnull', False), ('revoked_at__isnull', True)), fields=('patient',), name='one_open_feed_per_patient')],
            },
        ),
    ]
