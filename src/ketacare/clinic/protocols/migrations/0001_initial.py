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
            name='Adoption',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='protocols.adoption')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('sheet_id', models.CharField(max_length=40)),
                ('sheet_version', models.CharField(max_length=20)),
                ('standing', models.CharField(choices=[('adopted', 'Adopted'), ('restored', 'Rolled back to'), ('withdrawn', 'Withdrawn')], default='adopted', max_length=10)),
                ('words', models.CharField(blank=True, max_length=300)),
                ('fingerprint', models.CharField(blank=True, max_length=64)),
                ('seen', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['clinic', 'sheet_id', 'recorded_at'], name='protocols_a_clinic__90cd5b_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='protocols_adoption_amend_says_why')],
            },
        ),
        migrations.CreateModel(
            name='OwnSheet',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='protocols.ownsheet')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('sheet_id', models.CharField(max_length=40)),
                ('sheet_version', models.CharField(max_length=20)),
                ('based_on', models.CharField(max_length=20)),
                ('text', models.TextField()),
                ('fingerprint', models.CharField(max_length=64)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='protocols_ownsheet_amend_says_why'), models.UniqueConstraint(fields=('clinic', 'sheet_id', 'sheet_version'), name='own_sheet_version_once')],
            },
        ),
    ]
