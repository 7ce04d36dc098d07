from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0003_ended_before_a_dose")]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="other_product",
            field=models.CharField(blank=True, default="", help_text="Why it is not what was accepted", max_length=300),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="plan",
            name="setting",
            field=models.CharField(
                blank=True, default="", help_text="Where a path by exception is carried out", max_length=300
            ),
            preserve_default=False,
        ),
    ]
