from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('enrolment', '0002_pause_and_cadence'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='review',
            name='review_says_why_and_when',
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=~Q(reason=""), name='review_says_why'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(
                condition=Q(after_doses__gt=0) | Q(choice__in=['stop', 'switch']),
                name='before_a_dose_a_course_only_ends',
            ),
        ),
    ]
