"""All tasks of the worker."""

from __future__ import annotations

from workouts_api.jobs import cleaning, mending
from workouts_api.jobs.job import Task
from workouts_api.mail.sending import send_mail

TASKS = (
    # 12 tries with pauses of 10 s, 20 s … 1 h: a mail server may be down for three hours.
    Task("send_mail", send_mail, attempts=12),
    # At night in Europe, some minutes apart, and not at the full hour, when many other systems start their jobs.
    Task("delete_old_keys", cleaning.delete_old_keys, cron="7 2 * * *", longest=600),
    Task("delete_old_logins", cleaning.delete_old_logins, cron="17 2 * * *", longest=600),
    Task("delete_old_invitations", cleaning.delete_old_invitations, cron="22 2 * * *", longest=600),
    Task("delete_old_tokens", cleaning.delete_old_tokens, cron="24 2 * * *", longest=600),
    Task("delete_old_throttles", cleaning.delete_old_throttles, cron="25 2 * * *", longest=600),
    Task("delete_old_jobs", cleaning.delete_old_jobs, cron="27 2 * * *", longest=600),
    Task("end_forgotten_sessions", cleaning.end_forgotten_sessions, cron="29 2 * * *", longest=600),
    Task("check_sessions", mending.check_sessions, cron="31 2 * * *", longest=3600),
    # It runs last because it takes longest: it reads every session and set.
    Task("mend_copies", mending.mend_copies, cron="37 2 * * *", longest=3600),
)
