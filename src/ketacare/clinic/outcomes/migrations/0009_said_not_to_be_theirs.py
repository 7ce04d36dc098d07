from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outcomes', '0008_fresh_links'),
    ]

    operations = [
        migrations.AlterField(
            model_name='messagewish',
            name='came',
            field=models.CharField(choices=[('link', 'By the link in a message'), ('reply', 'By answering STOP'), ('staff', 'Told to staff'), ('other', 'By somebody else, whom a link reached')], max_length=5),
        ),
    ]
