from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0004_chairs_retire'),
    ]

    operations = [
        migrations.AddField(
            model_name='siterules',
            name='watched_acting',
            field=models.PositiveSmallIntegerField(help_text='While a dose acts', null=True),
        ),
        migrations.AddField(
            model_name='siterules',
            name='watched_nasal',
            field=models.PositiveSmallIntegerField(help_text='Of esketamine by the nose', null=True),
        ),
        migrations.AlterField(
            model_name='siterules',
            name='watched_most',
            field=models.PositiveSmallIntegerField(help_text='Chairs that one nurse watches at once, in recovery'),
        ),
        migrations.AddConstraint(
            model_name='siterules',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('watched_acting', None), models.Q(('watched_acting__gte', 1), ('watched_acting__lte', 8)), _connector='OR'), models.Q(('watched_nasal', None), models.Q(('watched_nasal__gte', 1), ('watched_nasal__lte', 8)), _connector='OR')), name='watched_while_it_acts_sane'),
        ),
    ]
