import datetime
import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Patient',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='patient', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CareRelation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='relations', to='people.patient')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='relations', to=settings.AUTH_USER_MODEL)),
                ('kind', models.CharField(choices=[('therapist', 'Therapist'), ('referrer', 'Referring clinician')], max_length=20)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('until', models.DateField(blank=True, help_text="The last day of it, on the clinic's calendar; at midnight it is over", null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Demographics',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='people.demographics')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('family', models.CharField(max_length=120)),
                ('given', models.CharField(max_length=120)),
                ('preferred', models.CharField(blank=True, max_length=120)),
                ('born_on', models.DateField()),
                ('sex', models.CharField(choices=[('female', 'Female'), ('male', 'Male'), ('other', 'Other'), ('unknown', 'Not known')], default='unknown', max_length=10)),
                ('gender', models.CharField(blank=True, max_length=60)),
                ('record_number', models.CharField(max_length=20)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='people_demographics_amend_says_why')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='people.contact')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('telephone', models.CharField(blank=True, max_length=40)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('language', models.CharField(default='en', max_length=5)),
                ('may_text', models.BooleanField(null=True)),
                ('may_email', models.BooleanField(null=True)),
                ('voicemail_is_safe', models.BooleanField(null=True)),
                ('shown_as', models.CharField(blank=True, help_text='Who may be said to call, if another answers', max_length=120)),
                ('quiet', models.CharField(blank=True, help_text='When not to call', max_length=120)),
                ('other_person', models.CharField(blank=True, help_text='Whom to call if they cannot be reached', max_length=200)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='people_contact_amend_says_why')],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='people.consent')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('kind', models.CharField(max_length=40)),
                ('text_version', models.CharField(max_length=20)),
                ('given', models.BooleanField()),
                ('words', models.CharField(blank=True, help_text='To whom or for what; and why it was withdrawn', max_length=500)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='people_consent_amend_says_why')],
            },
        ),
        migrations.CreateModel(
            name='BreakGlass',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='people.breakglass')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='emergencies', to=settings.AUTH_USER_MODEL)),
                ('role', models.CharField(choices=[('FD', 'Front desk'), ('RN', 'Nurse'), ('RX', 'Prescriber'), ('TH', 'Therapist'), ('ET', 'Therapist of another practice'), ('PT', 'Patient'), ('MD', 'Medical director'), ('AU', 'Auditor'), ('IC', 'Integration client'), ('AD', 'Administrator'), ('RC', 'Referring clinician'), ('RS', 'Researcher')], max_length=2)),
                ('reason_class', models.CharField(choices=[('harm_now', 'Somebody may come to harm now'), ('medical', 'A medical emergency, and the team needs what the record says'), ('nobody_else', 'Whoever treats this person cannot be reached, and it cannot wait')], max_length=20)),
                ('words', models.CharField(max_length=300)),
                ('until', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['user', 'until'], name='people_brea_user_id_97afc2_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='people_breakglass_amend_says_why'), models.CheckConstraint(condition=models.Q(('until__gt', models.F('happened_at')), ('until__lte', django.db.models.expressions.CombinedExpression(models.F('happened_at'), '+', models.Value(datetime.timedelta(seconds=3600))))), name='an_emergency_opens_for_an_hour_at_most'), models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='an_emergency_says_why')],
            },
        ),
        migrations.CreateModel(
            name='BodyMeasure',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='people.bodymeasure')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('weight_kg', models.DecimalField(decimal_places=1, max_digits=5)),
                ('height_cm', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True)),
                ('typed', models.CharField(blank=True, help_text='What was typed, with its unit', max_length=40)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='people_bodymeasure_amend_says_why')],
            },
        ),
        migrations.CreateModel(
            name='Allergies',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='people.allergies')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('state', models.CharField(choices=[('listed', 'Allergies listed'), ('none_known', 'No known allergies'), ('not_asked', 'Not yet asked')], max_length=10)),
                ('entries', models.JSONField(default=list, help_text='[{"substance": "...", "reaction": "..."}]')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='people_allergies_amend_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'listed'), models.Q(('entries', []), _negated=True)), models.Q(models.Q(('state', 'listed'), _negated=True), ('entries', [])), _connector='OR'), name='allergies_listed_has_entries')],
            },
        ),
        migrations.CreateModel(
            name='Staff',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to=settings.AUTH_USER_MODEL)),
                ('role', models.CharField(choices=[('FD', 'Front desk'), ('RN', 'Nurse'), ('RX', 'Prescriber'), ('TH', 'Therapist'), ('ET', 'Therapist of another practice'), ('PT', 'Patient'), ('MD', 'Medical director'), ('AU', 'Auditor'), ('IC', 'Integration client'), ('AD', 'Administrator'), ('RC', 'Referring clinician'), ('RS', 'Researcher')], max_length=2)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('clinic', 'user', 'role'), name='one_open_post_per_role')],
            },
        ),
    ]
