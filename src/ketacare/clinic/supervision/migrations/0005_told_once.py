from django.db import migrations, models


class Migration(migrations.Migration):
    """Two alarms of one moment with the same words call each person once."""

    dependencies = [("supervision", "0004_taken_calls")]
    operations = [
        migrations.AddField(
            "rungtaken",
            "told_with",
            models.ForeignKey(
                help_text="Of another alarm at this chair the same people were told in the same words this very "
                "moment: once",
                null=True,
                on_delete=models.PROTECT,
                related_name="told_too",
                to="supervision.rungtaken",
            ),
        ),
    ]
