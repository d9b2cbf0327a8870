"""What each answer of JetStream means for the relay; the texts are those of nats-server 2.15.1."""

import asyncio
from itertools import accumulate

import pytest

from modelbox_events import Position
from modelbox_events.feed.answers import Ack, Answer, NoAnswer, Refusal, Verdict, judge, read_answer
from modelbox_events.feed.publisher import Round, _judge, _Sent


def judged(*answers: Answer, sizes: tuple[int, ...] = ()) -> Round:
    """Judge answers to consecutive sends from position 1 on, of one event each or of `sizes`."""
    loop = asyncio.new_event_loop()
    try:
        counts = sizes or (1,) * len(answers)
        ends = accumulate(counts)
        sent = [_Sent(Position(end), size, loop.create_future()) for end, size in zip(ends, counts, strict=True)]
        return _judge(sent, answers)
    finally:
        loop.close()


def refusal(code: int, description: str) -> bytes:
    return f'{{"error":{{"code":400,"err_code":{code},"description":"{description}"}},"stream":"F","seq":0}}'.encode()


def test_an_acknowledgement_at_the_events_own_place_advances() -> None:
    answer = read_answer(b'{"stream":"F","seq":6}', status=None)
    assert answer == Ack(6)
    assert judge(answer, expected=6) is Verdict.STORED


def test_the_acknowledgement_of_a_batch_names_its_last_message() -> None:
    answer = read_answer(b'{"stream":"F","seq":1006,"batch":"49d3dc91","count":1000}', status=None)
    assert judge(answer, expected=1006) is Verdict.STORED


def test_a_duplicate_at_its_own_place_advances() -> None:
    answer = read_answer(b'{"stream":"F","seq":6,"duplicate":true}', status=None)
    assert answer == Ack(6, duplicate=True)
    assert judge(answer, expected=6) is Verdict.STORED


@pytest.mark.parametrize("body", [b'{"stream":"F","seq":7}', b'{"stream":"F","seq":3,"duplicate":true}'])
def test_a_message_in_a_place_that_is_not_its_own_is_a_fork(body: bytes) -> None:
    assert judge(read_answer(body, status=None), expected=6) is Verdict.MISPLACED


@pytest.mark.parametrize(
    "code,description,verdict",
    [
        (10071, "wrong last sequence: 9", Verdict.REREAD),
        (10164, "wrong last sequence", Verdict.RECONNECT),
        (10201, "atomic publish batch contains duplicate message id", Verdict.REREAD),
        (10199, "atomic publish batch is too large: 1000", Verdict.HALVE),
        (10174, "atomic publish is disabled", Verdict.NO_BATCHES),
        (10176, "atomic publish batch is incomplete", Verdict.PIPELINE),
        (10060, "expected stream does not match", Verdict.RECONNECT),
        (10077, "no space left on device", Verdict.RECONNECT),
    ],
)
def test_a_refusal_is_judged_by_its_code(code: int, description: str, verdict: Verdict) -> None:
    answer = read_answer(refusal(code, description), status=None)
    assert answer == Refusal(code, description)
    assert judge(answer, expected=6) is verdict


def test_silence_asks_for_a_new_connection() -> None:
    assert judge(NoAnswer("no answer in 5 s"), expected=6) is Verdict.RECONNECT


def test_no_responders_asks_for_a_new_connection() -> None:
    answer = read_answer(b"", status="503")
    assert answer == NoAnswer("no stream takes the feed's subjects")
    assert judge(answer, expected=6) is Verdict.RECONNECT


@pytest.mark.parametrize("body", [b"", b"+ACK", b'{"seq":"x"}', b"[]"])
def test_what_is_no_acknowledgement_counts_as_silence(body: bytes) -> None:
    assert judge(read_answer(body, status=None), expected=6) is Verdict.RECONNECT


def test_a_round_counts_what_is_stored_up_to_the_first_that_is_not() -> None:
    """What is stored after it is found again by the look where the feed ends."""
    lost = NoAnswer("no answer in 5 s")
    assert judged(Ack(1), Ack(2), lost, Ack(4)) == Round(2, Verdict.RECONNECT, lost)


def test_a_round_of_batches_counts_their_events() -> None:
    late = Refusal(10071, "wrong last sequence: 2500")
    assert judged(Ack(1_000), Ack(2_000), sizes=(1_000, 1_000)) == Round(2_000, Verdict.STORED, Ack(2_000))
    assert judged(Ack(1_000), late, sizes=(1_000, 1_000)) == Round(1_000, Verdict.REREAD, late)


def test_a_message_out_of_place_stops_the_round_wherever_it_is() -> None:
    late = Refusal(10071, "wrong last sequence: 7")
    assert judged(late, Ack(9)) == Round(0, Verdict.MISPLACED, Ack(9))
