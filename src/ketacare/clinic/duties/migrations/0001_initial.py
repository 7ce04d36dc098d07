import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
        ('tenancy', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('kind', models.CharField(max_length=40)),
                ('title', models.CharField(max_length=120)),
                ('why', models.CharField(max_length=300)),
                ('link', models.CharField(help_text='Where it is done: a path of ours', max_length=200)),
                ('consequence', models.PositiveSmallIntegerField(choices=[(1, 'Somebody may come to harm'), (2, 'A safety check is missing'), (3, 'Care waits'), (4, 'A record is unfinished')], default=3)),
                ('patient', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='people.patient')),
                ('visit_id', models.UUIDField(blank=True, null=True)),
                ('owner_role', models.CharField(choices=[('FD', 'Front desk'), ('RN', 'Nurse'), ('RX', 'Prescriber'), ('TH', 'Therapist'), ('ET', 'Therapist of another practice'), ('PT', 'Patient'), ('MD', 'Medical director'), ('AU', 'Auditor'), ('IC', 'Integration client'), ('AD', 'Administrator'), ('RC', 'Referring clinician'), ('RS', 'Researcher')], max_length=2)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='duties', to=settings.AUTH_USER_MODEL)),
                ('due_at', models.DateTimeField()),
                ('late_at', models.DateTimeField()),
                ('escalate_at', models.DateTimeField(blank=True, null=True)),
                ('escalations', models.PositiveSmallIntegerField(default=0)),
                ('state', models.CharField(choices=[('open', 'Open'), ('closed', 'Done')], default='open', max_length=6)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'state', 'consequence', 'due_at'], name='duties_duty_clinic__dafd99_idx'), models.Index(condition=models.Q(('state', 'open')), fields=['patient', 'kind'], name='open_duties_of_a_patient'), models.Index(condition=models.Q(('state', 'open')), fields=['escalate_at'], name='duties_that_may_escalate')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'open')), models.Q(('closed_at__isnull', False), ('state', 'closed')), _connector='OR'), name='duty_closed_has_its_time'), models.CheckConstraint(condition=models.Q(('late_at__gte', models.F('due_at'))), name='duty_late_after_due')],
            },
        ),
        migrations.CreateModel(
            name='DutyStep',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='duties.dutystep')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('duty', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='duties.duty')),
                ('step', models.CharField(choices=[('opened', 'Opened'), ('taken', 'Taken'), ('passed', 'Passed on'), ('escalated', 'Escalated'), ('closed', 'Done')], max_length=10)),
                ('to_role', models.CharField(blank=True, choices=[('FD', 'Front desk'), ('RN', 'Nurse'), ('RX', 'Prescriber'), ('TH', 'Therapist'), ('ET', 'Therapist of another practice'), ('PT', 'Patient'), ('MD', 'Medical director'), ('AU', 'Auditor'), ('IC', 'Integration client'), ('AD', 'Administrator'), ('RC', 'Referring clinician'), ('RS', 'Researcher')], max_length=2)),
                ('to_user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('evidence_kind', models.CharField(blank=True, max_length=60)),
                ('evidence_id', models.UUIDField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='duties_dutystep_amend_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('step', 'closed'), _negated=True), ('evidence_id__isnull', False), _connector='OR'), name='duty_is_closed_by_evidence')],
            },
        ),
    ]
