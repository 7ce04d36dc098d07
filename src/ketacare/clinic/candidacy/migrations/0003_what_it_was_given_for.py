from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('candidacy', '0002_what_was_lacking'),
    ]

    operations = [
        migrations.AddField(
            model_name='clearanceanswer',
            name='given_for',
            field=models.CharField(blank=True, help_text='What the row came to when it was cleared', max_length=20),
        ),
    ]
