"""A request and its answer, from a recording or from the real server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import accumulate

from pytest_samurai.bill import Call, Meter
from pytest_samurai.files import now, ticks
from pytest_samurai.recorder.question import Question
from pytest_samurai.text import timestamp
from pytest_samurai.wire import (
    CLOSED,
    COMPLETE,
    Chunk,
    Headers,
    Interaction,
    Recordings,
    Reply,
    Request,
    UsageFilter,
    comes_in_pieces,
    dialect_of,
    is_event_stream,
)

Decode = Callable[[Sequence[bytes]], Sequence[bytes]]
"""Undoes the content encoding of a body, piece by piece."""


class Played:
    """A request as it was sent now, with its recorded answer."""

    __slots__ = ("_call", "_meter", "_recordings", "index", "number", "reply", "request")

    def __init__(
        self, request: Request, reply: Reply, number: int, meter: Meter, recordings: Recordings, index: int
    ) -> None:
        self.request = request
        self.reply = reply
        self.number = number
        self._meter = meter
        self._recordings = recordings
        self.index = index
        self._call: Call | None = None

    @property
    def interaction(self) -> Interaction:
        return Interaction(self.request, self.reply, **self._recordings.notes(self.index))

    @property
    def recorded(self) -> Interaction:
        """The call as the cassette has it."""
        interaction: Interaction = self._recordings[self.index]
        return interaction

    @property
    def call(self) -> Call:
        if self._call is None:
            self._call = Call(self.interaction, number=self.number, replayed=True, meter=self._meter)
        return self._call


class Take:
    """A request to the real server: what is kept of its reply, and what the application may see of it.

    `question` also asks for the usage of a stream; None if the request is sent unchanged. Call `reply` first, then
    `feed` for each piece, then `end`, which gives the recording to `keep`, and then to `count`.

    A timeout or Ctrl-C may strike at any moment. So `keep` comes before everything else, and if it was stopped, the
    next `end` calls it again. `count` is called once.
    """

    def __init__(
        self,
        request: Request,
        number: int,
        question: Question | None,
        keep: Callable[[Interaction], None],
        count: Callable[[Interaction], None],
        meter: Meter,
    ) -> None:
        self.request = request
        self.question = question
        self._asked = question
        self._refused: Question | None = None
        self._dialect = dialect_of(request.url)
        self.number = number
        self._meter = meter
        self._keep_it = keep
        self._count_it = count
        self._is_kept = False
        self._sent_at = now()
        self._clock = ticks()
        self._filter: UsageFilter | None = None
        self._head: Reply | None = None
        self._decode: Decode | None = None
        # It gives its bytes away without copying them.
        self._body = BytesIO()
        self._chunks: list[Chunk] = []
        self._call: Call | None = None
        self._ended: Interaction | None = None
        self._is_lost = False

    def lost(self) -> None:
        """Note that no reply will come, because sending the request raised an error."""
        self._is_lost = True

    def begin_again(self) -> None:
        """Send the request unchanged, because its server seems to refuse the question. The first reply is dropped."""
        self.question, self._refused = None, self._asked
        self._sent_at = now()
        self._clock = ticks()

    def reply(
        self, status: int, reason: str, headers: Headers, http_version: str, decode: Decode | None = None
    ) -> None:
        """Begin the reply; `decode` undoes the content encoding of its body."""
        streamed = is_event_stream(headers) or (status < 400 and comes_in_pieces(self.request.url, self._dialect))
        asking = None if self.question is None else self._dialect.asking
        self._filter = None if asking is None else UsageFilter(asking)
        self._decode = decode
        self._head = Reply(status, reason, headers, b"", () if streamed else None, http_version=http_version)

    def feed(self, data: bytes) -> bytes:
        """Keep a piece of the body as it arrives. Returns what the application may see of it now."""
        return self._keep(data if self._filter is None else self._filter.feed(data))

    def rest(self) -> bytes:
        """What was held back, once the whole body has arrived."""
        return self._keep(b"" if self._filter is None else self._filter.flush())

    def _keep(self, data: bytes) -> bytes:
        if data and self._ended is None:
            self._body.write(data)
            self._chunks.append(Chunk(len(data), round(ticks() - self._clock, 4)))
        return data

    def end(self, ending: str, error: str = "") -> None:
        """End the reply: its body is complete, nobody reads it any more, or an `error` stopped it.

        The first ending counts.
        """
        if self._is_kept or self._head is None:
            return
        if self._ended is None:
            self._ended = self._so_far(ending, error)
        try:
            self._keep_it(self._ended)
        except TimeoutError:
            raise
        except Exception:
            # If one of the user's hooks raised, it would raise again.
            self._is_kept = True
            raise
        # Another thread may have got here at the same time.
        was_kept, self._is_kept = self._is_kept, True
        if not was_kept:
            if self._refused is not None and self._ended.reply.is_success:
                self._refused.refused()
            self._count_it(self._ended)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self._is_lost or self._ended is not None

    @property
    def interaction(self) -> Interaction | None:
        """The call with as much as has arrived; None before its reply has begun."""
        if self._ended is None and self._head is not None:
            return self._so_far(CLOSED)
        return self._ended

    @property
    def call(self) -> Call | None:
        if self._call is not None:
            return self._call
        interaction = self.interaction
        if interaction is None:
            return None
        call = Call(interaction, number=self.number, replayed=False, meter=self._meter)
        if self._ended is not None:
            self._call = call
        return call

    def _so_far(self, ending: str, error: str = "") -> Interaction:
        assert self._head is not None
        # Another thread may be adding to both. It adds a chunk after its bytes, so the bytes of all these chunks are
        # there.
        chunks = tuple(self._chunks)
        body = self._body.getvalue()[: sum(chunk.length for chunk in chunks)]
        if self._decode is not None:
            ends = accumulate(chunk.length for chunk in chunks)
            data = self._decode([body[end - chunk.length : end] for end, chunk in zip(ends, chunks, strict=True)])
            body = b"".join(data)
            chunks = tuple(Chunk(len(piece), at) for piece, (_, at) in zip(data, chunks, strict=True) if piece)
        if ending == CLOSED and self._dialect.is_over(body):
            ending = COMPLETE
        usage = None if self._filter is None else self._filter.usage
        reply = replace(
            self._head,
            body=body,
            chunks=None if self._head.chunks is None and usage is None else chunks,
            ending=ending,
            error=error,
            hidden_usage=usage,
            duration=round(ticks() - self._clock, 4),
        )
        return Interaction(self.request, reply, timestamp(self._sent_at))
