from hypothesis import settings

# Shared machines are slow at times; how long an example takes says nothing about whether it is right.
settings.register_profile("tenfold", deadline=None)
settings.load_profile("tenfold")
