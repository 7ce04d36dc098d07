from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_temporary_password")]

    operations = [
        migrations.AddField(
            model_name="carerelation",
            name="by_booking",
            field=models.BooleanField(
                default=False, help_text="A visit made it, and nobody by name: it ends with that"
            ),
        ),
    ]
