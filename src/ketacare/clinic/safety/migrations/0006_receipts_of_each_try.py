import uuid

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('safety', '0005_help_texts'),
    ]

    operations = [
        migrations.AddField(
            model_name='helptext',
            name='earlier_receipts',
            field=models.JSONField(default=list, help_text='Of the tries before this one'),
        ),
        migrations.AlterField(
            model_name='helptext',
            name='receipt',
            field=models.UUIDField(default=uuid.uuid4, help_text='By which the gateway reports on this try', unique=True),
        ),
    ]
