"""gunicorn's threaded worker, whose threads take turns: see workouts_api.turns."""

from __future__ import annotations

from gunicorn.workers.gthread import TConn, ThreadWorker

from workouts_api.turns import turn


class Worker(ThreadWorker):
    def handle(self, conn: TConn) -> object:
        """What has arrived is read and answered in a turn; a new connection is waited for outside of it."""
        if conn.initialized or conn.data_ready:
            turn.take()
        try:
            return super().handle(conn)
        finally:
            turn.pass_on()

    def handle_request(self, req: object, conn: TConn) -> bool:
        turn.take()
        return super().handle_request(req, conn)
