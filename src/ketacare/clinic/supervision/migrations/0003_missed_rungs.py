from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supervision", "0002_called_again")]

    operations = [
        migrations.AddField(
            model_name="rungtaken",
            name="missed",
            field=models.BooleanField(
                default=False,
                help_text="Its time had passed, and a later one's come, when the watch came back: they were called late",
            ),
        ),
    ]
