import pytest
from triage import triage

pytestmark = pytest.mark.samurai(max_requests=2)


def test_praise_needs_no_reply(samurai):
    reading, reply = triage("Best kettle I ever had. Quiet, quick, and it pours without a drip.")
    assert (reading.product, reading.mood, reply) == ("kettle", "happy", None)
    assert samurai.usage.requests == 1


@pytest.mark.parametrize(
    ("review", "mood"),
    [
        ("The toaster looks great, but it burns one side. What can I do?", "mixed"),
        ("Second blender in a month that leaks. Nobody answers my mails!", "angry"),
    ],
    ids=["toaster", "blender"],
)
def test_trouble_gets_a_reply(review, mood):
    reading, reply = triage(review)
    assert reading.mood == mood
    assert reading.product in reply
