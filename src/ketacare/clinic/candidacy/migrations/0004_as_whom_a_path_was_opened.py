from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('candidacy', '0003_what_it_was_given_for'),
    ]

    operations = [
        migrations.AddField(
            model_name='exceptionopening',
            name='opened_as',
            field=models.CharField(blank=True, help_text='The role in which it was signed', max_length=2),
        ),
    ]
