from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outcomes', '0010_whence_a_reply_came'),
    ]

    operations = [
        migrations.AddField(
            model_name='messagereply',
            name='elsewhere',
            field=models.CharField(blank=True, default='', help_text='Where it was typed, if not as an answer', max_length=40),
            preserve_default=False,
        ),
    ]
