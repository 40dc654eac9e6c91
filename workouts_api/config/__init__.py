"""Settings: read once from the environment, typed and frozen."""

from workouts_api.config.reading import ConfigurationError, dotenv_variables, load_settings
from workouts_api.config.settings import SETTINGS, Settings, default_of

__all__ = ["SETTINGS", "ConfigurationError", "Settings", "default_of", "dotenv_variables", "load_settings"]
