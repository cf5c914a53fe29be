"""A gateway and a browser at the desk."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.console.tests.gateway import Gateway, browser


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
async def desk(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(gateway) as client:
        yield client
