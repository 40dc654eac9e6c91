"""Mails: what each kind says and to whom, and how it is sent. Deferred in SQL by workouts.defer_mail()."""
