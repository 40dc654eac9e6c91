class TConn:
    initialized: bool
    data_ready: bool

class ThreadWorker:
    def handle(self, conn: TConn) -> object: ...
    def handle_request(self, req: object, conn: TConn) -> bool: ...
