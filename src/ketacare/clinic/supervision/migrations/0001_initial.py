import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('duties', '0001_initial'),
        ('people', '0001_initial'),
        ('scheduling', '0001_initial'),
        ('tenancy', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RungTaken',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rungs', to='scheduling.visit')),
                ('condition', models.CharField(max_length=80)),
                ('priority', models.CharField(max_length=8)),
                ('since', models.DateTimeField()),
                ('rung', models.CharField(max_length=20)),
                ('role', models.CharField(choices=[('FD', 'Front desk'), ('RN', 'Nurse'), ('RX', 'Prescriber'), ('TH', 'Therapist'), ('ET', 'Therapist of another practice'), ('PT', 'Patient'), ('MD', 'Medical director'), ('AU', 'Auditor'), ('IC', 'Integration client'), ('AD', 'Administrator'), ('RC', 'Referring clinician'), ('RS', 'Researcher')], max_length=2)),
                ('begun_at', models.DateTimeField()),
                ('anybody', models.BooleanField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('card_at', models.DateTimeField(help_text='When the emergency card was laid before everybody', null=True)),
                ('ended_at', models.DateTimeField(help_text='The alarm was answered or is over', null=True)),
                ('duty', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='duties.duty')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['clinic', 'visit'], name='rungs_that_stand')],
                'constraints': [models.UniqueConstraint(fields=('visit', 'condition', 'since', 'rung'), name='a_rung_is_taken_once')],
            },
        ),
        migrations.CreateModel(
            name='Call',
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
                ('rung', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='supervision.rungtaken')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['created_at'], name='calls_to_be_sent')],
                'constraints': [models.UniqueConstraint(fields=('rung', 'user', 'channel'), name='called_once_by_each_channel')],
            },
        ),
        migrations.CreateModel(
            name='Screen',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('visit', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.visit')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('screen', models.UUIDField(help_text='One tab of one browser')),
                ('answered_at', models.DateTimeField()),
                ('heard_at', models.DateTimeField(help_text='When it last answered with its sound proven, and not silenced', null=True)),
                ('gone', models.BooleanField(default=False, help_text='It said that it is hidden or closed')),
                ('in_room', models.BooleanField(default=False, help_text='Beside the patient: no reason for another to be silent')),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'answered_at'], name='supervision_clinic__0275c6_idx')],
                'constraints': [models.UniqueConstraint(fields=('clinic', 'user', 'screen', 'visit'), name='a_screen_answers_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='SelfTest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='supervision.selftest')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('visit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='self_tests', to='scheduling.visit')),
                ('screen', models.UUIDField()),
                ('lamps', models.BooleanField(help_text='All three colours seen')),
                ('sounds', models.BooleanField(help_text='All three sounds heard')),
                ('link_ms', models.PositiveIntegerField(help_text='Since the last sign of life of the server', null=True)),
                ('offset_ms', models.IntegerField(help_text="The clock of the screen's machine against the server's", null=True)),
                ('paired', models.BooleanField(help_text='A monitor is on this patient; empty where no chair is meant', null=True)),
                ('awake', models.BooleanField(help_text='The machine promised not to sleep')),
                ('passed', models.BooleanField()),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='supervision_selftest_amend_says_why')],
            },
        ),
        migrations.CreateModel(
            name='CalmingPlan',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='supervision.calmingplan')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('distress_words', models.CharField(blank=True, help_text='How they say that it is too much', max_length=300)),
                ('helps', models.TextField(help_text='What helps, in order')),
                ('avoid', models.CharField(blank=True, max_length=300)),
                ('touch', models.CharField(choices=[('yes', 'Yes'), ('no', 'No'), ('where', 'Only as written'), ('unasked', 'Not asked')], max_length=8)),
                ('touch_words', models.CharField(blank=True, max_length=200)),
                ('stop_sign', models.CharField(blank=True, help_text='By which word or hand it is taken back', max_length=120)),
                ('music', models.CharField(blank=True, max_length=200)),
                ('person', models.CharField(blank=True, help_text='Whom to call for them', max_length=200)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='supervision_calmingplan_amend_says_why'), models.CheckConstraint(condition=models.Q(('helps', ''), _negated=True), name='a_calming_plan_says_what_helps'), models.CheckConstraint(condition=models.Q(models.Q(('touch', 'where'), _negated=True), models.Q(('touch_words', ''), _negated=True), _connector='OR'), name='touch_only_as_written_is_written')],
            },
        ),
        migrations.CreateModel(
            name='LapseStep',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('visit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lapses', to='scheduling.visit')),
                ('missing', models.CharField(max_length=12)),
                ('level', models.CharField(max_length=6)),
                ('since', models.DateTimeField(help_text='Of a lapse: its beginning. Of its end: the answer that ended it')),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['visit', 'missing', 'id'], name='supervision_visit_i_ed354b_idx')],
            },
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='scheduling.visit')),
                ('task', models.CharField(choices=[('supervises', 'Supervises'), ('watches', 'Watches')], max_length=10)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('place', models.CharField(choices=[('room', 'In the room'), ('site', 'On site'), ('remote', 'Remote')], max_length=6)),
                ('since', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('offered_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('offered_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('visit', 'task'), name='one_person_a_task'), models.CheckConstraint(condition=models.Q(models.Q(('offered_at__isnull', True), ('offered_to__isnull', True)), models.Q(('offered_at__isnull', False), ('offered_to__isnull', False)), _connector='OR'), name='an_offer_names_whom_and_when'), models.CheckConstraint(condition=models.Q(('offered_to', models.F('person')), _negated=True), name='nobody_is_offered_their_own')],
            },
        ),
    ]
