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
            name='CarePlanVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='careplan.careplanversion')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('number', models.PositiveSmallIntegerField()),
                ('content', models.JSONField()),
                ('copies', models.JSONField(help_text="The patient's copy in each language, as it was released with this version")),
                ('digest', models.CharField(max_length=64)),
                ('meaning', models.CharField(max_length=160)),
                ('signed_as', models.CharField(choices=[('FD', 'Front desk'), ('RN', 'Nurse'), ('RX', 'Prescriber'), ('TH', 'Therapist'), ('ET', 'Therapist of another practice'), ('PT', 'Patient'), ('MD', 'Medical director'), ('AU', 'Auditor'), ('IC', 'Integration client'), ('AD', 'Administrator'), ('RC', 'Referring clinician'), ('RS', 'Researcher')], max_length=2)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='careplan_careplanversion_amend_says_why'), models.UniqueConstraint(fields=('patient', 'number'), name='care_plan_numbered_once'), models.CheckConstraint(condition=models.Q(('content', []), _negated=True), name='care_plan_says_something')],
            },
        ),
        migrations.CreateModel(
            name='CarePlanLetter',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='careplan.careplanletter')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='careplan.careplanversion')),
                ('to', models.CharField(choices=[('referrer', 'Referrer'), ('gp', 'Family doctor (GP)')], max_length=8)),
                ('body', models.JSONField()),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='careplan_careplanletter_amend_says_why'), models.UniqueConstraint(fields=('version', 'to'), name='one_letter_to_each_about_a_version')],
            },
        ),
        migrations.CreateModel(
            name='FamilyDoctor',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='careplan.familydoctor')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('name', models.CharField(blank=True, max_length=200)),
                ('address', models.TextField(blank=True)),
                ('agrees', models.BooleanField()),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='careplan_familydoctor_amend_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), ('agrees', False), _connector='OR'), name='no_letter_to_nobody')],
            },
        ),
    ]
