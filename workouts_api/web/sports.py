"""The sports that sessions and reports know."""

SPORTS = (
    *("strength", "running", "trail_running", "cycling", "indoor_cycling", "swimming", "rowing"),
    *("walking", "hiking", "skiing", "other"),
)
