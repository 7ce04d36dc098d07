import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tenancy', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('standard', models.CharField(max_length=10)),
                ('sender', models.CharField(max_length=200)),
                ('control_id', models.CharField(max_length=200)),
                ('sent_at', models.CharField(blank=True, max_length=40)),
                ('received_at', models.DateTimeField()),
                ('body', models.BinaryField()),
                ('body_hash', models.CharField(max_length=64)),
                ('whole_bytes', models.PositiveBigIntegerField(help_text='Its length, where only its beginning is kept', null=True)),
                ('bears_number', models.BooleanField(default=True, help_text='Not if it was refused unread or its number was taken')),
                ('answer', models.CharField(max_length=4)),
                ('answer_body', models.BinaryField()),
                ('faults', models.JSONField(default=list)),
                ('unmapped', models.JSONField(default=list)),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'clinic', 'received_at'], name='mailroom_me_organis_0d84ef_idx'), models.Index(condition=models.Q(('bears_number', True), models.Q(('control_id', ''), _negated=True)), fields=['organisation', 'clinic', 'sender', 'control_id'], name='bearers_of_a_number')],
                'constraints': [models.UniqueConstraint(fields=('organisation', 'clinic', 'sender', 'control_id', 'body_hash'), name='message_once')],
            },
        ),
        migrations.CreateModel(
            name='Refusal',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('sender', models.CharField(max_length=200)),
                ('standard', models.CharField(max_length=10)),
                ('code', models.CharField(max_length=10)),
                ('words', models.CharField(max_length=300)),
                ('owner_role', models.CharField(choices=[('FD', 'Front desk'), ('RN', 'Nurse'), ('RX', 'Prescriber'), ('TH', 'Therapist'), ('ET', 'Therapist of another practice'), ('PT', 'Patient'), ('MD', 'Medical director'), ('AU', 'Auditor'), ('IC', 'Integration client'), ('AD', 'Administrator'), ('RC', 'Referring clinician'), ('RS', 'Researcher')], default='AD', max_length=2)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('messages', models.PositiveIntegerField(default=0)),
                ('last_message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mailroom.message')),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('clinic', 'sender', 'code', 'words'), name='one_open_refusal_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='UnknownParameter',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('sender', models.CharField(max_length=200)),
                ('code', models.CharField(max_length=200)),
                ('unit', models.CharField(blank=True, max_length=200)),
                ('last_value', models.CharField(max_length=200)),
                ('owner_role', models.CharField(choices=[('FD', 'Front desk'), ('RN', 'Nurse'), ('RX', 'Prescriber'), ('TH', 'Therapist'), ('ET', 'Therapist of another practice'), ('PT', 'Patient'), ('MD', 'Medical director'), ('AU', 'Auditor'), ('IC', 'Integration client'), ('AD', 'Administrator'), ('RC', 'Referring clinician'), ('RS', 'Researcher')], default='AD', max_length=2)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('messages', models.PositiveIntegerField(default=0)),
                ('last_message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mailroom.message')),
                ('seen_at', models.DateTimeField(null=True)),
                ('seen_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'sender', 'code', 'unit'), name='one_line_an_unknown_parameter')],
            },
        ),
    ]
