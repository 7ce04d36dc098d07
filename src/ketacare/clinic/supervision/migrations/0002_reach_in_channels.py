"""How somebody is called is the same for alarms and for concerns: the table goes to the room of channels as it is."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ('supervision', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name='Reach')],
            database_operations=[migrations.AlterModelTable(name='reach', table='channels_reach')],
        ),
    ]
