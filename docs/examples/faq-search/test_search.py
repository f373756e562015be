import pytest
from search import Index

QUESTIONS = [
    "How do I change my delivery address?",
    "How can I pay by invoice?",
    "Where do I find my order number?",
    "How long does a refund take?",
    "Can I return a used lamp?",
    "Do you ship to Norway?",
]


@pytest.fixture(scope="module")
def index():
    return Index(QUESTIONS)


@pytest.mark.samurai(max_requests=1)
@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("I moved, can you change the delivery address?", "How do I change my delivery address?"),
        ("How long until I get my refund?", "How long does a refund take?"),
        ("Will you ship my lamp to Norway?", "Do you ship to Norway?"),
    ],
    ids=["moved", "refund", "Norway"],
)
def test_the_nearest_question(index, asked, meant):
    assert index.nearest(asked) == meant


@pytest.mark.samurai
def test_a_batch_is_one_call(samurai):
    Index(QUESTIONS)
    [call] = samurai.calls
    assert call.endpoint == "embeddings"
    assert len(call.request["input"]) == len(QUESTIONS)
