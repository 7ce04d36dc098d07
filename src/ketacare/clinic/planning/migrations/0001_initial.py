import django.db.models.deletion
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
            name='Reminder',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('created_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('language', models.CharField(default='en', max_length=5)),
                ('link_until', models.DateTimeField()),
                ('link_serial', models.PositiveSmallIntegerField(default=1, help_text='A new number makes older links useless')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='people.patient')),
                ('visit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reminder', to='scheduling.visit')),
                ('visit_at', models.DateTimeField(help_text='The beginning that it was written for')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ReminderReply',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organisation')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.clinic')),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('amends', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='planning.reminderreply')),
                ('amend_reason', models.CharField(blank=True, max_length=300)),
                ('in_error', models.BooleanField(default=False)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s_facts', to='people.patient')),
                ('reminder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='planning.reminder')),
                ('reply', models.CharField(choices=[('yes', 'Comes'), ('cannot', 'Cannot come'), ('ate', 'Ate or drank')], max_length=8)),
                ('escort_name', models.CharField(blank=True, max_length=120)),
                ('escort_phone', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('amends__isnull', True), models.Q(('amend_reason', ''), _negated=True), _connector='OR'), name='planning_reminderreply_amend_says_why')],
            },
        ),
    ]
