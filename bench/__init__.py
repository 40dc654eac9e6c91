"""The project's speed, measured: ``make bench``. ``python -m bench --help`` names the parts."""
