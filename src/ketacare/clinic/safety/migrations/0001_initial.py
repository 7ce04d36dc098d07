import django.contrib.postgres.constraints
import django.db.models.deletion
import ketacare.clinic.safety.models
import uuid
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('duties', '0001_initial'),
        ('people', '0001_initial'),
        ('tenancy', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),  # equality and overlap of time in one exclusion
        migrations.CreateModel(
            name='Concern',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='concerns', to='people.patient')),
                ('duty', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='concern', to='duties.duty')),
                ('tier', models.PositiveSmallIntegerField(choices=[(1, 'Now'), (2, 'Same day'), (3, 'Before the next dose')])),
                ('reason_code', models.CharField(max_length=60)),
                ('source_kind', models.CharField(max_length=60)),
                ('source_id', models.UUIDField()),
                ('state', models.CharField(choices=[('open', 'Not yet seen'), ('seen', 'Seen, not decided'), ('closed', 'Decided')], default='open', max_length=6)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='concerns', to=settings.AUTH_USER_MODEL)),
                ('raised_at', models.DateTimeField()),
                ('see_by', models.DateTimeField()),
                ('decide_by', models.DateTimeField()),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'state', 'tier'], name='safety_conc_clinic__8d8ebd_idx')],
                'constraints': [models.UniqueConstraint(fields=('source_id', 'reason_code', 'tier'), name='a_source_raises_each_once'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('state', 'closed')), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at__isnull', True), ('closed_by__isnull', True)), _connector='OR'), name='concern_closed_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='ConcernRung',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('concern', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rungs', to='safety.concern')),
                ('rung', models.CharField(max_length=20)),
                ('title', models.CharField(max_length=60)),
                ('begun_at', models.DateTimeField()),
                ('anybody', models.BooleanField()),
                ('confirmed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('concern', 'rung'), name='a_concern_takes_a_rung_once')],
            },
        ),
        migrations.CreateModel(
            name='ConcernCall',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('channel', models.CharField(choices=[('screen', 'On their screen'), ('text', 'Text message'), ('voice', 'Telephone call'), ('mail', 'Mail')], max_length=6)),
                ('address', models.CharField(blank=True, max_length=254)),
                ('words', models.CharField(max_length=120)),
                ('state', models.CharField(choices=[('waiting', 'To be sent'), ('sent', 'Sent, not confirmed'), ('delivered', 'Delivered'), ('failed', 'Not delivered')], default='waiting', max_length=9)),
                ('receipt', models.UUIDField(default=uuid.uuid4, help_text='By which the gateway reports', unique=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('failure', models.CharField(blank=True, max_length=60)),
                ('rung', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='safety.concernrung')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['created_at'], name='pages_to_be_sent')],
                'constraints': [models.UniqueConstraint(fields=('rung', 'user', 'channel'), name='paged_once_by_each_channel')],
            },
        ),
        migrations.CreateModel(
            name='ConcernStep',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='safety.concernstep')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('concern', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='safety.concern')),
                ('step', models.CharField(choices=[('raised', 'Raised'), ('seen', 'Seen'), ('decided', 'Decided')], max_length=8)),
                ('finding', models.TextField(blank=True)),
                ('action', models.TextField(blank=True)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='safety_concernstep_amend_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('step', 'decided'), _negated=True), models.Q(models.Q(('finding', ''), _negated=True), models.Q(('action', ''), _negated=True), ('recorded_by__isnull', False)), _connector='OR'), name='a_decision_says_who_what_and_why')],
            },
        ),
        migrations.CreateModel(
            name='EmergencyReview',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='safety.emergencyreview')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('glass', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='review', to='people.breakglass')),
                ('was_right', models.BooleanField()),
                ('finding', models.TextField()),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='safety_emergencyreview_amend_says_why'), models.CheckConstraint(condition=models.Q(('finding', ''), _negated=True), name='an_emergency_review_says_what_was_found')],
            },
        ),
        migrations.CreateModel(
            name='OnCall',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='on_call', to=settings.AUTH_USER_MODEL)),
                ('role', models.CharField(choices=[('FD', 'Front desk'), ('RN', 'Nurse'), ('RX', 'Prescriber'), ('TH', 'Therapist'), ('ET', 'Therapist of another practice'), ('PT', 'Patient'), ('MD', 'Medical director'), ('AU', 'Auditor'), ('IC', 'Integration client'), ('AD', 'Administrator'), ('RC', 'Referring clinician'), ('RS', 'Researcher')], max_length=2)),
                ('telephone', models.CharField(blank=True, max_length=40)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('backup', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('offered_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('offered_at', models.DateTimeField(blank=True, null=True)),
                ('offer_words', models.CharField(blank=True, help_text='What whoever takes over must know', max_length=500)),
                ('called_off_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='on_call_ends_after_start'), models.CheckConstraint(condition=models.Q(('backup', models.F('user')), _negated=True), name='nobody_backs_themselves_up'), models.CheckConstraint(condition=models.Q(('offered_to', models.F('user')), _negated=True), name='no_shift_is_offered_to_its_owner'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('called_off_at__isnull', True)), expressions=[('clinic', '='), (ketacare.clinic.safety.models.TsTzRange('starts_at', 'ends_at'), '&&')], name='one_person_on_call')],
            },
        ),
        migrations.CreateModel(
            name='RiskFlag',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='risk_flags', to='people.patient')),
                ('state', models.CharField(choices=[('standing', 'Standing'), ('asked', 'Standing, lowering asked for'), ('lowered', 'Lowered')], default='standing', max_length=8)),
                ('since', models.DateTimeField()),
                ('asked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reason', models.TextField(blank=True, help_text='Why it may be lowered')),
                ('lowered_at', models.DateTimeField(blank=True, null=True)),
                ('lowered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'lowered'), _negated=True), fields=('patient',), name='one_flag_stands'), models.CheckConstraint(condition=models.Q(models.Q(('asked_by__isnull', True), ('lowered_by__isnull', True), ('state', 'standing')), models.Q(('asked_by__isnull', False), ('lowered_by__isnull', True), ('state', 'asked'), models.Q(('reason', ''), _negated=True)), models.Q(('asked_by__isnull', False), ('lowered_at__isnull', False), ('lowered_by__isnull', False), ('state', 'lowered'), models.Q(('reason', ''), _negated=True), models.Q(('asked_by', models.F('lowered_by')), _negated=True)), _connector='OR'), name='a_flag_is_lowered_by_two')],
            },
        ),
        migrations.CreateModel(
            name='FlagStep',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='safety.flagstep')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('flag', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='safety.riskflag')),
                ('step', models.CharField(choices=[('raised', 'Raised'), ('again', 'Found again'), ('asked', 'Lowering asked for'), ('kept', 'Kept up'), ('lowered', 'Lowered')], max_length=8)),
                ('words', models.TextField()),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='safety_flagstep_amend_says_why'), models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='a_flag_step_says_why')],
            },
        ),
    ]
