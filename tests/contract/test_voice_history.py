import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import AsyncIterator, Protocol, TypeVar

import pytest

from agent.alexa.exchange import Limits, Secret
from agent.alexa.history import AmazonHistory
from agent.alexa.marketplaces import find
from agent.alexa.practice import Practice
from agent.alexa.session import Session
from agent.errors import NeedsPersonError, SignedOutError
from agent.model import Incomplete, Listing, Recording, Surface, Window
from agent.ports import VoiceHistory
from agent.simulator import server
from agent.simulator.server import PracticeCloud
from tests.support.fake_clock import FakeClock
from tests.support.fake_history import Cloud, FakeHistory, QuietProgress, recording
