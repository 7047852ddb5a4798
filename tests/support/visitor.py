"""A person who signs in on the practice cloud's pages, and the command that waits for what they paste."""

import re
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx

from agent.cli.app import run_command
from agent.simulator.login import EMAIL, ONE_TIME_CODE, PASSWORD
from agent.simulator.server import PracticeCloud
from tests.support.practice_home import Done, Home, surroundings

FORMS = {"email": EMAIL, "password": PASSWORD, "otpCode": ONE_TIME_CODE}


@dataclass
class Person:
    """Somebody with a browser that reaches only this cloud. `pages` are the texts they met."""

    cloud: PracticeCloud
    pages: list[str] = field(default_factory=list)

    def visit(self, address: str, **entered: str) -> str:
        """Signs in at that address; where the browser ends up. `entered` replaces what the forms get."""
        context = ssl.create_default_context(cafile=str(self.cloud.ca))
        with httpx.Client(verify=context, trust_env=False) as http:
            answer = self.ask(http, "GET", address)
            for name, right in FORMS.items():
                form = self.form(answer.text, name)
                if form is None:
                    return address
                sent = {"workflowState": form, name: entered.get(name, right)}
                answer = self.ask(http, "POST", urljoin(address, "/ap/signin"), sent)
            if answer.is_redirect:
                address = answer.headers["location"]
                assert self.ask(http, "GET", address).status_code == 404
        return address

    def ask(
        self, http: httpx.Client, method: str, address: str, form: dict[str, str] | None = None
    ) -> httpx.Response:
        """One request, to the practice cloud whatever the host."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        answer = http.request(
            method,
            f"{self.cloud.url}{parts.path}?{parts.query}",
            headers={"host": host},
            data=form,
            extensions={"sni_hostname": host},
        )
        self.pages.append(answer.text)
        return answer

    def form(self, page: str, name: str) -> str | None:
        """The state the form carries that asks for `name`; None where the page has none."""
        found = re.search(r'name="workflowState" value="([^"]+)"', page)
        return unescape(found[1]) if found is not None and f'name="{name}"' in page else None


class Hand:
    """Standard input of somebody who opens what the command printed and pastes what `paste` makes of it."""

    def __init__(self, said: Callable[[], str], paste: Callable[[str], str]) -> None:
        self._said, self._paste = said, paste

    def isatty(self) -> bool:
        return False

    def readline(self, _most: int = -1) -> str:
        address = next(line for line in self._said().splitlines() if line.startswith("https://www."))
        return self._paste(address) + "\n"


def log_in(home: Home, *arguments: str, paste: Callable[[str], str]) -> Done:
    """`voicepurge login ARGUMENTS`, answered by a person."""
    with surroundings(home.environment(), "") as (out, err):
        sys.stdin = Hand(lambda: out.getvalue() + err.getvalue(), paste)
        code = run_command(["login", *arguments])
    return Done(code, out.getvalue(), err.getvalue())
