import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Words of danger from an unknown number climb the ladder of calls: their duty has rungs as a concern has."""

    dependencies = [("duties", "0001_initial"), ("safety", "0003_taken_calls")]
    operations = [
        migrations.AlterField(
            "concernrung",
            "concern",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="rungs", to="safety.concern"
            ),
        ),
        migrations.AddField(
            "concernrung",
            "duty",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="rungs", to="duties.duty"
            ),
        ),
        migrations.AddConstraint(
            "concernrung",
            models.UniqueConstraint(fields=["duty", "rung", "round"], name="a_rung_of_a_duty_once_each_time_round"),
        ),
        migrations.AddConstraint(
            "concernrung",
            models.CheckConstraint(
                condition=Q(concern__isnull=False, duty__isnull=True) | Q(concern__isnull=True, duty__isnull=False),
                name="a_rung_is_of_one_thing",
            ),
        ),
    ]
