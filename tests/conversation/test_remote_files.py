"""The list of files that the server keeps, against a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.conversation.chat import Tools
from app.conversation.remote_files import RemoteFiles
from app.core.errors import ApiError, NoKey
from tests.conftest import destroy, finish
from tests.servers.api import ApiServer
from tests.servers.replies import error, json_reply

OVERLOADED = error(529, "overloaded_error", "Overloaded")


@pytest.fixture
def model(online: Tools) -> Iterator[RemoteFiles]:
    model = RemoteFiles(online.account, online.tasks)
    yield model
    finish(online.tasks.close())
    destroy(model)


@pytest.fixture
def failures(model: RemoteFiles) -> list[object]:
    found: list[object] = []
    model.failed.connect(found.append)
    return found


@pytest.fixture
def listed(api: ApiServer, model: RemoteFiles, qtbot: QtBot) -> RemoteFiles:
    """The list with c.png, b.png and a.png."""
    for name in ("a.png", "b.png", "c.png"):
        api.files.keep(b"bytes", name=name, life=3600 if name == "a.png" else 0)
    load(model, qtbot)
    return model


def load(model: RemoteFiles, qtbot: QtBot) -> None:
    model.refresh()
    qtbot.waitUntil(lambda: not model.loading)


def names(model: RemoteFiles) -> list[str]:
    return [str(model.data(model.index(row))) for row in range(model.rowCount())]


def test_the_files_are_listed_newest_first_with_their_facts(listed: RemoteFiles, api: ApiServer) -> None:
    assert names(listed) == ["c.png", "b.png", "a.png"]
    first, _, last = (listed.data(listed.index(row), RemoteFiles.FileRole) for row in range(3))
    assert (first.size, first.media_type, first.expires) == (5, "image/png", None)
    assert last.expires == last.created + 3600
    assert [file.id for file in listed.files] == [file.id for file in api.files.listed]


def test_loading_is_told_and_the_list_asked_for_once(
    api: ApiServer, model: RemoteFiles, failures: list[object], qtbot: QtBot
) -> None:
    told: list[bool] = []
    model.loading_changed.connect(told.append)
    model.refresh()
    load(model, qtbot)
    assert told == [True, False]
    assert api.counts == {"GET /v1/files": 1}
    assert failures == []


def test_a_list_that_cannot_be_had_leaves_the_rows_and_is_told(
    api: ApiServer, listed: RemoteFiles, failures: list[object], qtbot: QtBot
) -> None:
    api.script_files(OVERLOADED)
    load(listed, qtbot)
    assert failures == [ApiError(529, "overloaded_error", "Overloaded", "req_529")]
    assert names(listed) == ["c.png", "b.png", "a.png"]


def test_a_deleted_file_is_gone_at_once_and_from_the_server(
    api: ApiServer, listed: RemoteFiles, failures: list[object], qtbot: QtBot
) -> None:
    listed.delete(1)
    assert names(listed) == ["c.png", "a.png"]
    assert len(api.files.listed) == 3
    qtbot.waitUntil(lambda: len(api.files.listed) == 2)
    assert [file.name for file in api.files.listed] == ["c.png", "a.png"]
    load(listed, qtbot)
    assert names(listed) == ["c.png", "a.png"]
    assert failures == []


def test_a_file_that_could_not_be_deleted_comes_back_to_its_row(
    api: ApiServer, listed: RemoteFiles, failures: list[object], qtbot: QtBot
) -> None:
    api.script_files(OVERLOADED)
    listed.delete(1)
    assert names(listed) == ["c.png", "a.png"]
    qtbot.waitUntil(lambda: failures != [])
    assert names(listed) == ["c.png", "b.png", "a.png"]
    assert failures == [ApiError(529, "overloaded_error", "Overloaded", "req_529")]


def test_a_file_that_is_gone_already_counts_as_deleted(
    api: ApiServer, listed: RemoteFiles, failures: list[object], qtbot: QtBot
) -> None:
    api.files.expire(listed.files[2].id)
    listed.delete(2)
    qtbot.waitUntil(lambda: not listed._deleting)
    assert names(listed) == ["c.png", "b.png"]
    assert failures == []


def test_a_list_that_comes_meanwhile_does_not_show_a_file_being_deleted(
    api: ApiServer, listed: RemoteFiles, qtbot: QtBot
) -> None:
    api.script_files(OVERLOADED.hold("start"))
    listed.delete(0)
    qtbot.waitUntil(lambda: api.counts["DELETE /v1/files/" + api.files.listed[0].id] == 1)
    load(listed, qtbot)
    assert names(listed) == ["b.png", "a.png"]
    with qtbot.waitSignal(listed.failed):
        api.release()
    assert names(listed) == ["c.png", "b.png", "a.png"]


def test_rows_that_are_not_there_cannot_be_deleted(listed: RemoteFiles, api: ApiServer) -> None:
    listed.delete(3)
    listed.delete(-1)
    assert len(names(listed)) == 3
    assert api.counts == {"GET /v1/files": 1}


def test_with_another_server_or_practice_the_list_is_another(
    api: ApiServer, listed: RemoteFiles, online: Tools, qtbot: QtBot
) -> None:
    online.account.join_models([])
    assert len(names(listed)) == 3
    finish(online.account.set_practice(on=True))
    assert names(listed) == []
    load(listed, qtbot)
    assert names(listed) == []
    assert api.counts == {"GET /v1/files": 1}


def test_what_an_earlier_server_listed_is_not_shown(
    api: ApiServer, model: RemoteFiles, online: Tools, qtbot: QtBot
) -> None:
    late = {"data": [{"id": "file_1", "filename": "late.png"}], "next_page": None}
    api.script_files(json_reply(late).hold("start"))
    model.refresh()
    qtbot.waitUntil(lambda: len(api.requests) == 1)
    finish(online.account.set_practice(on=True))
    api.release()
    qtbot.waitUntil(lambda: not model.loading)
    assert names(model) == []


def test_without_a_key_the_list_says_so(tools: Tools, qtbot: QtBot) -> None:
    finish(tools.account.set_practice(on=False))
    model = RemoteFiles(tools.account, tools.tasks)
    failures: list[object] = []
    model.failed.connect(failures.append)
    load(model, qtbot)
    assert failures == [NoKey("api.anthropic.com")]
    destroy(model)


def test_the_list_works_in_practice_mode(tools: Tools, qtbot: QtBot) -> None:
    async def upload() -> None:
        await tools.account.client().upload(b"x", "a.png", "image/png", 3600)

    finish(upload())
    model = RemoteFiles(tools.account, tools.tasks)
    load(model, qtbot)
    assert names(model) == ["a.png"]
    model.delete(0)
    qtbot.waitUntil(lambda: not model._deleting)
    load(model, qtbot)
    assert names(model) == []
    destroy(model)


def test_the_list_passes_qts_own_model_tests(
    api: ApiServer, listed: RemoteFiles, qtmodeltester: ModelTester, failures: list[object], qtbot: QtBot
) -> None:
    qtmodeltester.check(listed)  # type: ignore[no-untyped-call]  # pytest-qt has half its types
    api.script_files(OVERLOADED)
    listed.delete(2)
    qtbot.waitUntil(lambda: failures != [])
    load(listed, qtbot)
