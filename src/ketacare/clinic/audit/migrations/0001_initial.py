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
            name='Stranger',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_index=True)),
                ('address', models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('at', models.DateTimeField()),
                ('actor_id', models.UUIDField(null=True)),
                ('role', models.CharField(blank=True, max_length=8)),
                ('purpose', models.CharField(blank=True, max_length=40)),
                ('verb', models.CharField(max_length=60)),
                ('object_kind', models.CharField(blank=True, max_length=60)),
                ('object_id', models.CharField(blank=True, max_length=64)),
                ('patient_id', models.UUIDField(null=True)),
                ('outcome', models.CharField(default='done', max_length=20)),
                ('reason', models.CharField(blank=True, max_length=120)),
                ('request_id', models.UUIDField(null=True)),
                ('address', models.CharField(blank=True, max_length=64)),
                ('mac', models.CharField(help_text='Made with a key that the database does not hold', max_length=64)),
            ],
            options={
                'indexes': [models.Index(fields=['clinic', 'at'], name='audit_line_clinic__2ed74c_idx'), models.Index(fields=['patient_id', 'at'], name='audit_line_patient_661de5_idx')],
            },
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('number', models.BigIntegerField()),
                ('line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='link', to='audit.line')),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'number'), name='audit_number_once_per_clinic')],
            },
        ),
    ]
