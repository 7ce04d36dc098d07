
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0004_relations_with_a_last_day'),
    ]

    operations = [
        migrations.AddField(
            model_name='consent',
            name='words',
            field=models.CharField(blank=True, help_text='To whom or for what; and why it was withdrawn', max_length=500),
        ),
    ]
