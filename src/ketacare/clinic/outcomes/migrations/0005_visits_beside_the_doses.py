from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outcomes', '0004_index_event'),
    ]

    operations = [
        migrations.AlterField(
            model_name='messageout',
            name='code',
            field=models.CharField(choices=[('first', 'First'), ('reminder', 'Reminder'), ('intake', 'Before the first visit'), ('driving', 'Driving again'), ('visit', 'A visit beside the doses')], max_length=20),
        ),
    ]
