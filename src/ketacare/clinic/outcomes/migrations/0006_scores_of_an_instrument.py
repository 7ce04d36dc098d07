from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outcomes', '0005_visits_beside_the_doses'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='score',
            index=models.Index(fields=['instrument', 'patient'], include=('id', 'happened_at', 'instrument_version', 'total', 'in_error'), name='scores_of_an_instrument'),
        ),
    ]
