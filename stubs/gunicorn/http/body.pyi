class LengthReader:
    length: int

class ChunkedReader:
    parser: object | None
