"""Which version of which sheet this clinic has adopted, by whom and since when."""
