import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Caregiver',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('language', models.CharField(default='en', max_length=5)),
                ('link_until', models.DateTimeField()),
                ('link_serial', models.PositiveSmallIntegerField(default=1, help_text='A new number makes older links useless')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='caregivers', to='people.patient')),
                ('name', models.CharField(max_length=120)),
                ('relation', models.CharField(blank=True, max_length=80)),
                ('agreed', models.JSONField(default=list, help_text='What of the parts beyond the page itself')),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['patient', 'ended_at'], name='caregivers__patient_993d0e_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='a_caregiver_has_a_name')],
            },
        ),
    ]
