from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("recovery", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="recovery", name="one_recovery_at_a_time"),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at", None), ("ended_at", None)),
                fields=("organisation", "user"),
                name="one_recovery_at_a_time",
            ),
        ),
    ]
