from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outcomes', '0007_said_on_the_telephone'),
    ]

    operations = [
        migrations.AlterField(
            model_name='messageout',
            name='code',
            field=models.CharField(choices=[('first', 'First'), ('reminder', 'Reminder'), ('fresh', 'New link, asked'), ('driving', 'Driving again'), ('intake', 'Before the first visit'), ('visit', 'A visit beside the doses')], max_length=20),
        ),
    ]
