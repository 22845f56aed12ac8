"""The person's way to a model: which server, which key, or practice; and what models there are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from app.conversation.preferences import Preferences
from app.core import own_prices
from app.core.access import Access, choose
from app.core.catalog import Catalog, Difference, ListedModel
from app.core.errors import NoKey, VisavisError
from app.core.gate import Gate
from app.core.keys import Keys, clean_key
from app.core.server import PRACTICE, Auth, Server

if TYPE_CHECKING:
    from app.core.client import Client
    from app.core.message import RemoteFile
    from app.core.practice import Practice
    from app.core.request import Source


_log = logging.getLogger(__name__)


class Account(QObject):
    """Environment, keyring and settings joined by the rule of `app.core.access`.

    Signals:
        changed(): the server, the key, practice, the list of models or what the person says they cost.
        file_deleted(str): the person has deleted a file from the server; its id.
    """

    changed = Signal()
    file_deleted = Signal(str)

    def __init__(
        self,
        preferences: Preferences,
        catalog: Catalog,
        environ: Mapping[str, str],
        gate: Gate,
        *,
        practice: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._table = catalog
        self._listed: Sequence[ListedModel] = ()
        self._told: set[Difference] = set()
        self._own_prices = preferences.settings.prices
        self._catalog = self._joined()
        self._environ = environ
        self._gate = gate
        self._practice = practice or preferences.settings.practice
        self._keys = Keys()
        self._access: Access | None = None
        self._problem: VisavisError | None = None
        self._client: Client | None = None
        self._stand_in: Practice | None = None
        self._earlier: list[Client] = []
        preferences.changed.connect(self._follow_prices)

    @property
    def catalog(self) -> Catalog:
        """The models: our table with the person's prices, joined with the server's list once that was asked for."""
        return self._catalog

    @property
    def table(self) -> Catalog:
        """Our table alone."""
        return self._table

    @property
    def practice(self) -> bool:
        return self._practice

    @property
    def access(self) -> Access | None:
        """Server and key; None until `look_up` has found them, or where the address or the key is unusable."""
        return self._access

    @property
    def connected(self) -> bool:
        """Whether a message can be sent."""
        return self._practice or (self._access is not None and not self._lacks_key(self._access))

    @property
    def looked_up(self) -> bool:
        return self._access is not None or self._problem is not None

    @property
    def server_name(self) -> str:
        """What answers: the server's host, or "practice"."""
        if self._practice:
            return PRACTICE
        return self._access.server.host if self._access is not None else ""

    @property
    def sources(self) -> frozenset[Source]:
        """Besides bytes, how the server takes pictures."""
        if self._practice:
            return frozenset({"file"})  # it fetches nothing: a link goes as the picture that was seen there
        foreign = self._preferences.settings.foreign_sources
        return self._access.server.sources(foreign=foreign) if self._access is not None else frozenset()

    @property
    def exact_sizes(self) -> bool:
        """Whether the server can be told to refuse a picture rather than shrink it."""
        return self._practice or (self._access is not None and self._access.server.knows_transformations)

    @property
    def diagnoses(self) -> bool:
        """Whether the server can say why it read nothing from its cache."""
        return self._practice or (self._access is not None and self._access.server.knows_diagnostics)

    async def ready(self) -> None:
        """Wait until it is known which server and key there are: the keyring may take its time."""
        if not self._practice and not self.looked_up:
            await self.look_up()

    async def look_up(self) -> None:
        """Find server and key. The keyring may take its time, so it is asked in a thread."""
        try:
            self._access = await asyncio.to_thread(choose, self._environ, self._preferences.settings, self._keys)
            self._problem = None
        except VisavisError as problem:
            self._access, self._problem = None, problem
        self._renew()

    def client(self) -> Client:
        """The line to the server. Raises NoKey, or what is wrong with the address or the environment's key."""
        from app.core.client import Client  # httpx: after the first paint

        if self._client is None:
            if self._practice:
                from app.core.practice import Practice

                self._stand_in = Practice(self._table)
                self._client = Client(Server(), "", self._gate, practice=self._stand_in)
            elif self._problem is not None:
                raise self._problem
            elif self._access is None or self._lacks_key(self._access):
                raise NoKey(self.server_name)
            else:
                self._client = Client(self._access.server, self._access.key, self._gate)
        return self._client

    def has_lost(self, file: RemoteFile) -> bool:
        """Whether a file is known to be gone: those of practice go with the stand-in that took them."""
        return file.server == PRACTICE and (self._stand_in is None or not self._stand_in.has_file(file.id))

    async def set_practice(self, on: bool) -> None:
        """Answer with the stand-in inside the app from now on, or no longer."""
        if on != self._practice:
            self._practice = on
            self._preferences.update(practice=on)
            self._renew()
            await self.ready()

    async def test(self, key: str, base_url: str, auth: Auth = "") -> list[ListedModel]:
        """Ask a server for its models with a key that is not kept yet. Raises ServerError and BadKey."""
        from app.core.client import Client

        server = Server(base_url, auth) if base_url.strip() else Server(auth=auth)
        client = Client(server, _cleaned(key, server), self._gate)
        try:
            return await client.models()
        finally:
            await client.aclose()

    async def save_key(self, key: str, base_url: str, auth: Auth = "") -> Literal["keyring", "session", "none"]:
        """Keep a key for its server and use both. Returns where the key is now. Raises BadKey, BadAddress.

        A server that is not Anthropic's may be used without a key.
        """
        server = Server(base_url, auth) if base_url.strip() else Server(auth=auth)
        kept: Literal["keyring", "session", "none"] = "none"
        if cleaned := _cleaned(key, server):
            kept = await asyncio.to_thread(self._keys.put, server.origin, cleaned)
        self._preferences.update(base_url="" if server.is_anthropic else server.base_url, auth=auth, practice=False)
        self._practice = False
        await self.look_up()
        return kept

    async def remove_key(self) -> None:
        """Forget the key of the present server."""
        if self._access is not None:
            await asyncio.to_thread(self._keys.remove, self._access.server.origin)
            await self.look_up()

    async def ask_for_models(self) -> None:
        """Ask the present server for its models and offer them. Raises ServerError."""
        self.join_models(await self.client().models())

    def join_models(self, listed: Sequence[ListedModel]) -> None:
        """Offer what the server says it has."""
        self._listed = listed
        self._catalog = self._joined()
        self.changed.emit()

    async def close(self) -> None:
        """Close every connection."""
        self._renew()
        for client in self._earlier:
            await client.aclose()

    @staticmethod
    def _lacks_key(access: Access) -> bool:
        """Anthropic's server asks for a key; another may do without."""
        return access.server.is_anthropic and not access.key

    def _renew(self) -> None:
        """Another server or key: what is under way goes on with the old one."""
        if self._client is not None:
            self._earlier.append(self._client)
            self._client = self._stand_in = None
        self._listed = ()
        self._catalog = self._joined()
        self.changed.emit()

    def _follow_prices(self) -> None:
        prices = self._preferences.settings.prices
        if prices != self._own_prices:
            self._own_prices = prices
            self._catalog = self._joined()
            self.changed.emit()

    def _joined(self) -> Catalog:
        catalog = self._table.with_own(own_prices.read(self._own_prices)).joined(self._listed)
        for difference in catalog.differences:
            if difference not in self._told:
                self._told.add(difference)
                model, figure, ours, theirs = difference
                _log.warning("%s of %r: %d in our table, %d says the server, which counts", figure, model, ours, theirs)
        return catalog


def _cleaned(key: str, server: Server) -> str:
    return "" if not key.strip() and not server.is_anthropic else clean_key(key, server)
