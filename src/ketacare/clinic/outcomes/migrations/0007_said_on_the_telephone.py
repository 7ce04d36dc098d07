from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outcomes', '0006_scores_of_an_instrument'),
    ]

    operations = [
        migrations.AddField(
            model_name='call',
            name='said',
            field=models.JSONField(default=dict, help_text='item -> code, as told to the caller; null: would rather not say'),
        ),
    ]
