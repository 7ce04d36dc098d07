import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
        ('scheduling', '0001_initial'),
        ('tenancy', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NoteDraft',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('visit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='note_draft', to='scheduling.visit')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('words', models.TextField(blank=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AdverseEvent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='dosing.adverseevent')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('case', models.UUIDField()),
                ('visit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='adverse_events', to='scheduling.visit')),
                ('effect', models.CharField(help_text='Which of the effect sheet, by id', max_length=40)),
                ('term', models.CharField(max_length=80)),
                ('grade', models.PositiveSmallIntegerField(help_text='1 to 5')),
                ('relatedness', models.CharField(choices=[('not_judged', 'Not judged yet'), ('unrelated', 'Unrelated'), ('unlikely', 'Unlikely'), ('possible', 'Possible'), ('probable', 'Probable'), ('definite', 'Definite')], default='not_judged', max_length=10)),
                ('action', models.CharField(blank=True, help_text='What was done with the dose, and what was given', max_length=200)),
                ('serious', models.JSONField(default=list, help_text='What makes it serious, by the ids of the sheet')),
                ('transient', models.BooleanField(default=False, help_text='Over before the patient left')),
                ('outcome', models.CharField(choices=[('ongoing', 'Not yet resolved'), ('resolved', 'Resolved'), ('sequelae', 'Resolved with lasting effects'), ('fatal', 'Fatal'), ('set_aside', 'Looked at: no adverse event')], default='ongoing', max_length=10)),
                ('resolved_at', models.DateTimeField(null=True)),
                ('words', models.TextField(blank=True)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['clinic', 'case'], name='dosing_adve_clinic__c8602e_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='dosing_adverseevent_amend_says_why'), models.CheckConstraint(condition=models.Q(('grade__gte', 1), ('grade__lte', 5)), name='adverse_event_has_a_grade'), models.CheckConstraint(condition=models.Q(models.Q(('outcome__in', ['resolved', 'sequelae']), _negated=True), ('resolved_at__isnull', False), _connector='OR'), name='adverse_event_resolved_has_its_time')],
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('visit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='dosing', to='scheduling.visit')),
                ('protocol_id', models.CharField(max_length=40)),
                ('protocol_version', models.CharField(max_length=20)),
                ('sheets', models.JSONField(default=dict, help_text='The version of every sheet that this session keeps (H19)')),
                ('state', models.CharField(choices=[('preparing', 'Preparing'), ('drawn', 'Waiting for the double check'), ('checked', 'Ready to start'), ('running', 'Infusing'), ('paused', 'Paused'), ('recovery', 'Recovery'), ('left', 'Left'), ('closed', 'Closed'), ('called_off', 'Called off')], default='preparing', max_length=12)),
                ('started_at', models.DateTimeField(null=True)),
                ('dose_ended_at', models.DateTimeField(null=True)),
                ('ready_at', models.DateTimeField(null=True)),
                ('left_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('started_at__isnull', False), models.Q(('dose_ended_at__isnull', True), ('state__in', ['preparing', 'drawn', 'checked', 'called_off'])), _connector='OR'), name='session_runs_only_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['left', 'closed']), _negated=True), ('left_at__isnull', False), _connector='OR'), name='session_left_has_time')],
            },
        ),
        migrations.CreateModel(
            name='SignedNote',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='dosing.signednote')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='scheduling.visit')),
                ('part', models.CharField(choices=[('note', 'Session note'), ('addendum', 'Addendum')], default='note', max_length=8)),
                ('words', models.TextField(blank=True)),
                ('content', models.JSONField(default=dict)),
                ('digest', models.CharField(max_length=64)),
                ('meaning', models.CharField(max_length=120)),
            ],
            options={
                'abstract': False,
                'constraints': [models.UniqueConstraint(condition=models.Q(('part', 'note')), fields=('visit',), name='one_signed_note_per_visit')],
            },
        ),
        migrations.CreateModel(
            name='TimelineEntry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='dosing.timelineentry')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='timeline', to='scheduling.visit')),
                ('kind', models.CharField(choices=[('check_in', 'Check-in'), ('fact', 'Readiness'), ('decision', 'Go or no-go'), ('order', 'Order'), ('draw', 'Draw'), ('double_check', 'Double check'), ('time_out', 'Time-out'), ('dose', 'Dose step'), ('event', 'Event'), ('scale', 'Scale'), ('skipped', 'Not taken'), ('medicine', 'Medicine as needed'), ('airway', 'Airway after vomiting'), ('call', 'Call about the way home'), ('remark', 'Remark'), ('criterion', 'Release criterion'), ('supervision', 'Supervision'), ('alarms', 'Alarms'), ('advice', 'Advice'), ('read_back', 'Read back'), ('emergency', 'Emergency'), ('release', 'Release'), ('close', 'Close')], max_length=14)),
                ('name', models.CharField(blank=True, max_length=40)),
                ('body', models.JSONField(default=dict)),
                ('words', models.TextField(blank=True)),
                ('step', models.CharField(max_length=60, null=True)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['visit', 'happened_at'], name='dosing_time_visit_i_f49041_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='dosing_timelineentry_amend_says_why'), models.UniqueConstraint(fields=('visit', 'step'), name='timeline_step_once_per_visit')],
            },
        ),
    ]
