from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitoring', '0003_how_late'),
    ]

    operations = [
        migrations.AddField(
            model_name='devicelease',
            name='peer',
            field=models.CharField(blank=True, default='', help_text='From which address it sent last', max_length=100),
        ),
        migrations.AddField(
            model_name='devicelease',
            name='heard_at',
            field=models.DateTimeField(null=True),
        ),
    ]
