import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
        ('scheduling', '0001_initial'),
        ('tenancy', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Container',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('drug', models.CharField(max_length=60)),
                ('concentration_mg_per_ml', models.DecimalField(decimal_places=3, max_digits=8, null=True)),
                ('volume_ml', models.DecimalField(decimal_places=3, max_digits=8, null=True)),
                ('piece', models.CharField(blank=True, help_text='What is counted: device, spray, lozenge', max_length=20)),
                ('piece_mg', models.DecimalField(decimal_places=3, max_digits=8, null=True)),
                ('content_mg', models.DecimalField(decimal_places=3, max_digits=10)),
                ('balance_mg', models.DecimalField(decimal_places=3, max_digits=10)),
                ('serial', models.CharField(max_length=40)),
                ('lot', models.CharField(max_length=40)),
                ('expires_on', models.DateField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'serial'), name='container_serial_once'), models.CheckConstraint(condition=models.Q(('balance_mg__gte', 0), ('balance_mg__lte', models.F('content_mg'))), name='container_balance_within'), models.CheckConstraint(condition=models.Q(models.Q(('concentration_mg_per_ml__isnull', False), ('content_mg', django.db.models.expressions.CombinedExpression(models.F('concentration_mg_per_ml'), '*', models.F('volume_ml'))), ('piece_mg__isnull', True), ('volume_ml__isnull', False)), models.Q(('concentration_mg_per_ml__isnull', True), ('piece_mg__gt', 0), ('volume_ml__isnull', True), models.Q(('piece', ''), _negated=True)), _connector='OR'), name='container_content_adds_up')],
            },
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='pharmacy.ledgerentry')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('container', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='pharmacy.container')),
                ('kind', models.CharField(choices=[('receive', 'Received'), ('draw', 'Drawn'), ('give', 'Given'), ('waste', 'Wasted'), ('return', 'Returned'), ('discard', 'Used, into controlled waste'), ('count', 'Counted'), ('correct', 'Corrected')], max_length=8)),
                ('source', models.CharField(choices=[('supplier', 'Supplier'), ('container', 'Container'), ('syringe', 'Syringe'), ('patient', 'Patient'), ('waste', 'Waste'), ('difference', 'Difference')], max_length=10)),
                ('destination', models.CharField(choices=[('supplier', 'Supplier'), ('container', 'Container'), ('syringe', 'Syringe'), ('patient', 'Patient'), ('waste', 'Waste'), ('difference', 'Difference')], max_length=10)),
                ('amount_mg', models.DecimalField(decimal_places=3, max_digits=10)),
                ('volume_ml', models.DecimalField(decimal_places=3, max_digits=8, null=True)),
                ('balance_after_mg', models.DecimalField(decimal_places=3, max_digits=10)),
                ('visit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger_entries', to='scheduling.visit')),
                ('patient', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.patient')),
                ('witness', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('step', models.CharField(help_text='What may happen once in a visit (H16)', max_length=60, null=True)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['clinic', 'happened_at'], name='pharmacy_le_clinic__738dce_idx'), models.Index(fields=['visit'], name='pharmacy_le_visit_i_da5255_idx')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='pharmacy_ledgerentry_amend_says_why'), models.UniqueConstraint(fields=('visit', 'step'), name='ledger_step_once_per_visit'), models.CheckConstraint(condition=models.Q(('amount_mg__gt', 0), ('kind__in', ('count', 'discard')), _connector='OR'), name='ledger_amount_is_some'), models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ('waste', 'return', 'correct', 'discard')), _negated=True), ('witness__isnull', False), _connector='OR'), name='ledger_waste_is_witnessed'), models.CheckConstraint(condition=models.Q(('witness__isnull', True), models.Q(('witness', models.F('recorded_by')), _negated=True), _connector='OR'), name='ledger_witness_is_another'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'give'), _negated=True), models.Q(('patient__isnull', False), ('visit__isnull', False)), _connector='OR'), name='ledger_given_to_somebody')],
            },
        ),
    ]
