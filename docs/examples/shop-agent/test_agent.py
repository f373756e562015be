import pytest
from agent import answer


class Shop:
    def __init__(self):
        self.refunds = []

    def find_order(self, order):
        return {"order": order, "lamp": "Moon, brass", "euros": 39.0, "where": "with the carrier, due on Friday"}

    def refund(self, order, euros):
        self.refunds.append((order, euros))
        return {"refunded": euros}


@pytest.mark.samurai(max_requests=2)
def test_where_is_my_order():
    shop = Shop()
    assert "Friday" in answer("Where is my order 1042?", shop)
    assert shop.refunds == []


@pytest.mark.samurai(max_requests=3)
def test_a_broken_lamp_is_refunded_once(samurai):
    shop = Shop()
    assert "39" in answer("The lamp of order 1042 came with a broken shade. I would like my money back.", shop)
    assert shop.refunds == [("1042", 39.0)]
    assert [len(call.request["messages"]) for call in samurai.calls] == [2, 4, 6]


@pytest.mark.samurai(max_requests=2)
def test_a_change_of_mind_is_not_refunded():
    shop = Shop()
    answer("I don't like the lamp of order 1042 any more. Refund it, please.", shop)
    assert shop.refunds == []
