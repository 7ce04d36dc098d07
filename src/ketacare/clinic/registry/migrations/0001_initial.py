import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='FadingPool',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('instrument', models.CharField(max_length=40)),
                ('instrument_version', models.CharField(max_length=20)),
                ('sheet_version', models.CharField(help_text='Of the sheet of the forecast', max_length=20)),
                ('learned_at', models.DateTimeField()),
                ('people', models.PositiveIntegerField()),
                ('body', models.JSONField(default=dict)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'instrument'), name='one_fading_pool_per_scale'), models.CheckConstraint(condition=models.Q(('people', 0), models.Q(('body', {}), _negated=True), _connector='OR'), name='fading_pool_of_somebody_has_a_body')],
            },
        ),
    ]
