from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outcomes', '0009_said_not_to_be_theirs'),
    ]

    operations = [
        migrations.AddField(
            model_name='messagereply',
            name='sender',
            field=models.CharField(blank=True, default='', help_text='The number it was texted from; none: by mail', max_length=40),
            preserve_default=False,
        ),
    ]
