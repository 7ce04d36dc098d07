from django.db import migrations, models


class Migration(migrations.Migration):
    """A call that a sender is handing over is marked, not locked."""

    dependencies = [("supervision", "0003_missed_rungs")]
    operations = [
        migrations.AddField(
            "call",
            "taken_until",
            models.DateTimeField(help_text="A sender is handing it over until then", null=True),
        ),
    ]
