import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='Clinic',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clinics', to='tenancy.organisation')),
                ('name', models.CharField(max_length=200)),
                ('zone', models.CharField(help_text='IANA time zone, for example America/New_York', max_length=64)),
                ('address', models.TextField(blank=True)),
                ('telephone', models.CharField(blank=True, max_length=40)),
                ('country', models.CharField(default='US', max_length=2)),
                ('opens_at', models.TimeField(default='07:30')),
                ('closes_at', models.TimeField(default='17:30')),
                ('doses_over_by', models.TimeField(blank=True, help_text='When the last patient has gone home; empty: nobody has said', null=True)),
                ('is_open_all_night', models.BooleanField(default=False, help_text='Somebody stays through the night, so that no start is held to an hour')),
                ('is_training', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='ClinicHead',
            fields=[
                ('clinic', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='tenancy.clinic')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='tenancy.organisation')),
                ('live_number', models.BigIntegerField(default=0)),
                ('audit_number', models.BigIntegerField(default=0)),
                ('audit_hash', models.CharField(default='', max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='OnceKey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('actor_id', models.UUIDField()),
                ('key', models.UUIDField()),
                ('body_hash', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('headers', models.JSONField(default=dict)),
                ('body', models.BinaryField(default=b'')),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'actor_id', 'key'), name='once_key_once')],
            },
        ),
        migrations.CreateModel(
            name='LiveEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('number', models.BigIntegerField(null=True)),
                ('topic', models.CharField(max_length=80)),
                ('kind', models.CharField(max_length=20)),
                ('body', models.JSONField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'number'), name='live_number_once_per_clinic')],
            },
        ),
    ]
