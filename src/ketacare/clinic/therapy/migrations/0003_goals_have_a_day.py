from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('therapy', '0002_floor_reason'),
    ]

    operations = [
        migrations.AddField(
            model_name='goal',
            name='by_on',
            field=models.DateField(blank=True, help_text='The day by which; none of a goal older than this field', null=True),
        ),
        migrations.AddField(
            model_name='goal',
            name='confidence',
            field=models.PositiveSmallIntegerField(blank=True, help_text='0 to 10, as the patient says', null=True),
        ),
        migrations.AddField(
            model_name='goal',
            name='helper',
            field=models.CharField(blank=True, help_text='Who helps with it', max_length=120),
        ),
        migrations.AddField(
            model_name='goal',
            name='if_then',
            field=models.CharField(blank=True, help_text='What is done then', max_length=300),
        ),
        migrations.AddField(
            model_name='goal',
            name='measure',
            field=models.CharField(blank=True, help_text='What is counted, and how much is enough', max_length=200),
        ),
        migrations.AlterField(
            model_name='goal',
            name='obstacle',
            field=models.CharField(blank=True, help_text='What may come in the way', max_length=300),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('confidence__isnull', True), ('confidence__lte', 10), _connector='OR'), name='a_goals_confidence_to_ten'),
        ),
    ]
