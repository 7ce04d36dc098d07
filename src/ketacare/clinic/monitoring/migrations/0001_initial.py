import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import ketacare.clinic.monitoring.models
import uuid
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('scheduling', '0001_initial'),
        ('tenancy', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),  # equality and overlap of time in one exclusion
        migrations.CreateModel(
            name='Beat',
            fields=[
                ('process', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('name', models.CharField(max_length=60)),
                ('address', models.CharField(help_text='Bed at its station, equipment id, or sending application', max_length=200)),
                ('serial', models.CharField(blank=True, help_text='As on its plate', max_length=60)),
                ('channels', models.JSONField(default=list, help_text='What it promises to send while paired')),
                ('interval_s', models.PositiveSmallIntegerField(default=1)),
                ('token_hash', models.CharField(blank=True, help_text='SHA-256 of its key for the JSON door', max_length=64)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('retired_at__isnull', True)), fields=('clinic', 'address'), name='device_address_once')],
            },
        ),
        migrations.CreateModel(
            name='LimitsInForce',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='monitoring.limitsinforce')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='limits', to='scheduling.visit')),
                ('sheet', models.CharField(max_length=60)),
                ('sheet_version', models.CharField(max_length=20)),
                ('limits', models.JSONField()),
                ('why', models.CharField(max_length=300)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='monitoring_limitsinforce_amend_says_why')],
            },
        ),
        migrations.CreateModel(
            name='Pairing',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pairings', to='monitoring.device')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pairings', to='scheduling.visit')),
                ('paired_at', models.DateTimeField()),
                ('paired_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('until', models.DateTimeField(help_text='Ends by itself then, whatever people forget')),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('device',), name='one_patient_a_device'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('device', '='), (ketacare.clinic.monitoring.models.PairedDuring('paired_at', 'ended_at', django.contrib.postgres.fields.ranges.RangeBoundary()), '&&')], name='pairings_do_not_overlap'), models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('ended_at__gte', models.F('paired_at')), _connector='OR'), name='pairing_ends_after_it_began'), models.CheckConstraint(condition=models.Q(('until__gt', models.F('paired_at'))), name='pairing_has_an_end')],
            },
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('visit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='scheduling.visit')),
                ('device', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='monitoring.device')),
                ('channel', models.CharField(max_length=12)),
                ('value', models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                ('unit', models.CharField(max_length=12)),
                ('taken_at', models.DateTimeField()),
                ('device_at', models.DateTimeField(help_text="What the device's own clock said, where it is another time", null=True)),
                ('received_at', models.DateTimeField()),
                ('quality', models.CharField(max_length=12)),
                ('reason', models.CharField(blank=True, max_length=160)),
                ('source', models.CharField(choices=[('device', 'Device'), ('hand', 'Typed')], max_length=6)),
                ('message', models.BigIntegerField(help_text='The kept message it came in', null=True)),
                ('recorded_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='monitoring.reading')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'visit', 'channel', 'taken_at', 'device', 'value', 'amends'), name='reading_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('value__isnull', False), models.Q(('quality', 'good'), _negated=True), _connector='OR'), name='good_has_value'), models.CheckConstraint(condition=models.Q(models.Q(('device__isnull', False), ('source', 'device')), models.Q(('recorded_by__isnull', False), ('source', 'hand')), _connector='OR'), name='reading_has_an_origin'), models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='reading_amend_says_why')],
            },
        ),
        migrations.CreateModel(
            name='StrayStream',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('address', models.CharField(max_length=200)),
                ('device', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='monitoring.device')),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('messages', models.PositiveIntegerField(default=0)),
                ('last_message', models.BigIntegerField(null=True)),
                ('last_values', models.JSONField(default=dict, help_text='Its last pulse and saturation, to know it by at the chair')),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('clinic', 'address'), name='one_open_stray_an_address')],
            },
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('visit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='watch', to='scheduling.visit')),
                ('state', models.TextField()),
                ('state_version', models.PositiveIntegerField(default=1)),
                ('begun_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('next_at', models.DateTimeField(help_text='The next moment at which time alone may change something', null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['clinic', 'next_at'], name='running_watches')],
            },
        ),
        migrations.CreateModel(
            name='WatchStep',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('visit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.visit')),
                ('number', models.PositiveIntegerField(help_text='The version of the watch this step led to')),
                ('at', models.DateTimeField()),
                ('given', models.JSONField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'visit', 'number'), name='watch_step_numbered_once')],
            },
        ),
        migrations.CreateModel(
            name='AlarmSignal',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('visit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='signals', to='scheduling.visit')),
                ('step', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('condition', models.CharField(max_length=80)),
                ('kind', models.CharField(max_length=14)),
                ('presence', models.CharField(max_length=10)),
                ('state', models.CharField(max_length=14)),
                ('sounding', models.BooleanField()),
                ('priority', models.CharField(blank=True, max_length=8)),
                ('rule', models.CharField(blank=True, max_length=80)),
                ('channel', models.CharField(blank=True, max_length=12)),
                ('value', models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                ('limit', models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                ('since', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'visit', 'id'], name='monitoring__organis_c52ca5_idx')],
            },
        ),
        migrations.CreateModel(
            name='DeviceClock',
            fields=[
                ('device', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='clock', serialize=False, to='monitoring.device')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('skew_ms', models.BigIntegerField(null=True)),
                ('skew_at', models.DateTimeField(null=True)),
                ('other_ms', models.BigIntegerField(help_text='A larger difference that is not yet believed', null=True)),
                ('other_since', models.DateTimeField(null=True)),
                ('last_received_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='DeviceLease',
            fields=[
                ('device', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='lease', serialize=False, to='monitoring.device')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('holder', models.CharField(max_length=80)),
                ('until', models.DateTimeField()),
            ],
        ),
    ]
