from django.db import migrations, models


class Migration(migrations.Migration):
    """A call that a sender is handing over is marked, not locked."""

    dependencies = [("safety", "0002_called_again")]
    operations = [
        migrations.AddField(
            "concerncall",
            "taken_until",
            models.DateTimeField(help_text="A sender is handing it over until then", null=True),
        ),
    ]
