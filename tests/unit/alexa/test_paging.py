import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alexa import paging
from agent.alexa.paging import MAX_EMPTY, Walk
from agent.alexa.wire import Page
from agent.model import Incomplete, Recording, Surface

ROW = Recording("k", 1, frozenset({Surface.VOICE}))


def page(token: str | None = None, rows: int = 1, *, null: bool = False, limit: bool = False) -> Page:
    return Page((ROW,) * rows, token, null, limit)


def walk(*pages: Page) -> Walk:
    """Takes pages until the walk has ended."""
    done = Walk()
    for one in pages:
        assert not done.ended
        done.take(one)
    return done


def test_the_true_end() -> None:
    """A page with a list and without a token is the end, even when it is empty."""
    for last in (page(), page(rows=0)):
        done = walk(page("a"), page("b"), last)
        assert (done.ended, done.reason, done.pages) == (True, None, 3)


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ((page("a"), page("a")), Incomplete.TOKEN_LOOP),
        ((page("a"), page("b"), page("a")), Incomplete.TOKEN_LOOP),
        ((page("a"), page(rows=0, null=True)), Incomplete.NULL_LIST),
        ((page("a", rows=0, null=True),), Incomplete.NULL_LIST),
        ((page("a"), page(rows=0, limit=True)), Incomplete.SERVER_TIME_LIMIT),
        ((page(limit=True),), Incomplete.SERVER_TIME_LIMIT),
    ],
)
def test_what_looks_like_an_end_and_is_none(pages: tuple[Page, ...], reason: Incomplete) -> None:
    """A repeated token, a null list and a time limit without a token leave the history unread."""
    done = walk(*pages)
    assert (done.ended, done.reason) == (True, reason)


def test_an_empty_page_with_a_token_is_followed() -> None:
    """The server may give up for a page and go on with the next."""
    done = walk(page("a", 0, limit=True), page("b", 0), page("c"), page(rows=0))
    assert done.reason is None


def test_too_many_empty_pages_are_no_end() -> None:
    """Fifty in a row are enough; a page with a row starts the count again."""
    almost = [page(f"{n}", 0) for n in range(MAX_EMPTY - 1)]
    assert walk(*almost, page("row"), *(page(f"x{n}", 0) for n in range(MAX_EMPTY - 1))).ended is False
    assert walk(*almost, page("one more", 0)).reason is Incomplete.EMPTY_PAGES


def test_pages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """New tokens for ever do not keep us for ever."""
    monkeypatch.setattr(paging, "MAX_PAGES", 5)
    assert walk(*(page(f"{n}") for n in range(5))).reason is Incomplete.TOKEN_LOOP


@given(
    st.lists(
        st.builds(
            page,
            st.none() | st.sampled_from("abc"),
            st.integers(0, 2),
            null=st.booleans(),
            limit=st.booleans(),
        ),
        min_size=1,
    )
)
def test_only_one_thing_is_the_end(pages: list[Page]) -> None:
    """Whatever the pages, a walk without a reason ended on a list without a token or limit."""
    done = Walk()
    for one in pages:
        done.take(one)
        if done.ended:
            good = one.token is None and not one.null and not one.time_limit
            assert (done.reason is None) == good
            break
