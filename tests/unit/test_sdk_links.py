"""Links that a server gives, before anything is sent to them."""

import pytest

from modelbox.transfer.links import LinkClient, LinkRefusedError


@pytest.mark.parametrize("url", ["http://[::1/x", "http://host:port/x", "http://host:99999999/x"])
def test_a_link_that_is_none_is_refused(url: str) -> None:
    links = LinkClient()
    with pytest.raises(LinkRefusedError, match="a link that is none"):
        links.put(url, [b"x"], 1)
    with pytest.raises(LinkRefusedError, match="a link that is none"):
        next(links.get(url, offset=0, size=1))
    links.avoid(url)
