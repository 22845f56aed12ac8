"""The test server's files and addresses: API.md, sections 1.6, 1.7 and 5, each rule kept and broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.servers.questions import (
    HEADERS,
    QUICK,
    ask,
    assistant,
    example,
    image,
    picture,
    post,
    refusal,
    turn,
    usage,
    user,
)
from tests.servers.replies import error
from tests.servers.rules import MAX_PICTURE

if TYPE_CHECKING:
    from tests.servers.api import ApiServer

Json = dict[str, Any]

ROOF = "https://pictures.example/roof.jpg"
FILE = ("roof.jpg", b"bytes", "image/jpeg")


def upload(server: ApiServer, file: object = FILE, **fields: str) -> httpx.Response:
    """One upload, as httpx writes it."""
    files: Any = {"file": file} if file else {"other": FILE}
    return httpx.post(f"{server.url}/v1/files", files=files, data=fields, headers=HEADERS, **QUICK)


def call(server: ApiServer, method: str, path: str = "", **headers: str) -> httpx.Response:
    """One request at or below /v1/files."""
    return httpx.request(method, f"{server.url}/v1/files{path}", headers={**HEADERS, **headers}, **QUICK)


def of_file(file_id: str, **more: Any) -> Json:
    return {"type": "image", "source": {"type": "file", "file_id": file_id}, **more}


def of_url(url: str, **more: Any) -> Json:
    return {"type": "image", "source": {"type": "url", "url": url}, **more}


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"].get("details", {}).get("error_code", ""))


# --- files --------------------------------------------------------------------------------------


def test_an_uploaded_file_has_the_documented_fields(server: ApiServer) -> None:
    made = upload(server, expires_in_seconds="3600").json()
    assert made.keys() == example("resp_file.json").keys()
    assert (made["filename"], made["mime_type"], made["size_bytes"]) == ("roof.jpg", "image/jpeg", 5)
    assert server.files.find(made["id"]).data == b"bytes"
    assert call(server, "GET", f"/{made['id']}").json() == made
    assert call(server, "DELETE", f"/{made['id']}").json() == {"id": made["id"], "type": "file_deleted"}
    assert refusal(call(server, "DELETE", f"/{made['id']}"))[:2] == (404, "not_found_error")


def test_files_are_listed_newest_first_and_page_by_page(server: ApiServer) -> None:
    ids = [server.files.keep(b"x").id for _ in range(5)][::-1]
    first = call(server, "GET", "?limit=3").json()
    second = call(server, "GET", f"?limit=3&page={first['next_page']}").json()
    assert [file["id"] for file in first["data"] + second["data"]] == ids
    assert second["next_page"] is None
    named = call(server, "GET", f"?ids[]={ids[0]}&ids[]=file_other").json()
    assert [file["id"] for file in named["data"]] == ids[:1]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "page=3", "page=page_x", "ids[]=a&" * 101])
def test_a_list_that_makes_no_sense_is_refused(server: ApiServer, query: str) -> None:
    assert refusal(call(server, "GET", f"?{query}"))[:2] == (400, "invalid_request_error")


@pytest.mark.parametrize(
    ("file", "fields", "start"),
    [
        (None, {}, "other: Extra inputs are not permitted"),
        (FILE, {"purpose": "vision"}, "purpose: Extra inputs are not permitted"),
        ((None, b"x"), {}, "file: Field required"),
        (("x" * 256, b"x"), {}, "filename: "),
        (("a:b.png", b"x"), {}, "filename: "),
        (FILE, {"expires_in_seconds": "3599"}, "expires_in_seconds: "),
        (FILE, {"expires_in_seconds": "7776001"}, "expires_in_seconds: "),
        (FILE, {"expires_in_seconds": "1e4"}, "expires_in_seconds: "),
    ],
)
def test_a_bad_upload_is_refused(server: ApiServer, file: object, fields: dict[str, str], start: str) -> None:
    status, _, message = refusal(upload(server, file, **fields))
    assert status == 400
    assert message.startswith(start)
    assert server.files.listed == []


def test_an_upload_is_a_form_and_nothing_else(server: ApiServer) -> None:
    assert refusal(post(server, {}, "/v1/files"))[2].startswith("content-type: ")
    broken = {"content-type": "multipart/form-data; boundary=b"}
    for body in (b"", b"--b", b"--b--", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"):
        answer = httpx.post(f"{server.url}/v1/files", content=body, headers={**HEADERS, **broken}, **QUICK)
        assert refusal(answer)[2] == "The request body is not valid multipart/form-data"


def test_the_quota_is_kept(server: ApiServer) -> None:
    server.files.quota = 5
    assert upload(server).status_code == 200
    assert code(upload(server)) == "storage_quota_exceeded"


@pytest.mark.parametrize(("method", "path", "status"), [("PUT", "", 405), ("POST", "/f", 405), ("GET", "/f/x/y", 404)])
def test_other_methods_and_paths_are_refused(server: ApiServer, method: str, path: str, status: int) -> None:
    assert refusal(call(server, method, path))[0] == status


def test_files_ask_for_key_and_version(server: ApiServer) -> None:
    assert refusal(call(server, "GET", authorization="Bearer other"))[0] == 401
    answer = call(server, "GET", **{"anthropic-version": "2024-01-01"})
    assert refusal(answer)[0] == 400


def test_requests_are_counted_and_can_be_made_to_fail(server: ApiServer) -> None:
    server.script_files(error(529, "overloaded_error", "Overloaded"))
    assert upload(server).status_code == 529
    assert server.files.listed == []
    assert upload(server).status_code == 200
    call(server, "GET")
    post(server, ask())
    assert server.counts == {"POST /v1/files": 2, "GET /v1/files": 1, "POST /v1/messages": 1}


# --- pictures by file and by address ------------------------------------------------------------


def test_the_recorded_request_with_both_sources_is_answered(server: ApiServer) -> None:
    server.files.web[ROOF] = picture(200, 200, "JPEG")
    server.files.keep(picture(1000, 1000), file_id="file_011Exmpl")
    recorded = example("req_url_and_file.json")
    answer = post(server, recorded | {"stream": True})
    assert usage(answer)["input_tokens"] == 64 + 1296 + 3 + 3
    assert "2. a picture from elsewhere" in turn(answer)["content"][0]["text"]


def test_an_expired_file_is_told_from_one_that_never_was(server: ApiServer) -> None:
    file = server.files.keep(picture(), life=3600)
    assert post(server, ask(user(of_file(file.id)))).status_code == 200
    server.files.expire(file.id)
    answer = post(server, ask(user(of_file(file.id))))
    assert refusal(answer) == (404, "not_found_error", f"File has expired: {file.id}")
    assert code(answer) == "file_expired"
    assert server.files.listed == []
    answer = post(server, ask(user(of_file("file_other"))))
    assert refusal(answer) == (404, "not_found_error", "File not found: file_other")
    assert code(answer) == ""


def test_time_ends_a_file_s_life(server: ApiServer) -> None:
    now = 1_000_000.0
    server.files.now = lambda: now
    file_id = upload(server, expires_in_seconds="3600").json()["id"]
    now += 3599
    assert call(server, "GET", f"/{file_id}").status_code == 200
    now += 1
    assert code(call(server, "GET", f"/{file_id}")) == "file_expired"


KEPT = "messages.0.content.1.image.source.file: "


@pytest.mark.parametrize(
    ("data", "media_type", "start"),
    [
        (picture(), "image/jpeg", f"{KEPT}the image was specified using the image/jpeg media type"),
        (b"%PDF-", "application/pdf", f"{KEPT}an image block does not take a file of the type application/pdf"),
        (b"hello", "image/png", f"{KEPT}Could not process image"),
        (picture(8001, 1), "image/png", f"{KEPT}At least one of the image dimensions exceed max allowed size: 8000"),
        (picture().ljust(MAX_PICTURE), "image/png", f"{KEPT}image exceeds 10 MB maximum"),
    ],
    ids=["another type", "no image type", "no picture", "too wide", "too many bytes"],
)
def test_a_file_that_is_no_fit_picture_is_refused(server: ApiServer, data: bytes, media_type: str, start: str) -> None:
    file = server.files.keep(data, media_type)
    status, _, message = refusal(post(server, ask(user("Hi", of_file(file.id)))))
    assert status == 400
    assert message.startswith(start)


def test_pictures_of_all_sources_count_among_many(server: ApiServer) -> None:
    server.files.web[ROOF] = picture(2001, 1)
    small = of_file(server.files.keep(picture(1, 1)).id)
    assert post(server, ask(user(of_url(ROOF), *[small] * 19))).status_code == 200
    message = refusal(post(server, ask(user(*[small] * 20, of_url(ROOF)))))[2]
    assert message.startswith("messages.0.content.20.image.source.url: ")
    assert message.endswith("for many-image requests: 2000 pixels")


def test_pixel_exact_pictures_from_elsewhere_are_refused_without_their_position(server: ApiServer) -> None:
    server.files.web[ROOF] = picture(3840, 2160)
    file = server.files.keep(picture(3840, 2160))
    exact = {"transformations": {"oversized_image": "error"}}
    for make, source in ((of_url, ROOF), (of_file, file.id)):
        assert post(server, ask(user(make(source)))).status_code == 200
        message = refusal(post(server, ask(user(make(source, **exact)))))[2]
        assert message.startswith("image dimensions 3840x2160 exceed the maximum image size 2576x1449")


def test_an_address_is_https_and_leads_to_a_picture(server: ApiServer) -> None:
    for url in ("http://pictures.example/a.png", "a.png", "https://"):
        status, _, message = refusal(post(server, ask(user("Hi", of_url(url)))))
        assert (status, message) == (400, "messages.0.content.1.image.source.url.url: Input should be an https URL")
    status, kind, message = refusal(post(server, ask(user(of_url(ROOF)))))
    assert (status, kind) == (400, "invalid_request_error")
    assert message.startswith("Unable to download the file.")
    server.files.web[ROOF] = b"<html>"
    message = refusal(post(server, ask(user(of_url(ROOF)))))[2]
    assert message == "messages.0.content.0.image.source.url: Could not process image"


def test_thinking_does_not_outlive_another_picture_at_the_same_address(server: ApiServer) -> None:
    server.thinking = "Hm."
    server.files.web[ROOF] = picture()
    question = user(of_url(ROOF), "What?")
    history = [question, turn(post(server, ask(question, model="claude-fable-5-2"))), user("Sure?")]
    assert post(server, ask(*history, model="claude-fable-5-2")).status_code == 200
    server.files.web[ROOF] = picture(29, 29)
    message = refusal(post(server, ask(*history, model="claude-fable-5-2")))[2]
    assert "Invalid `signature` in `thinking` block" in message


def test_the_same_file_is_read_from_the_cache(server: ApiServer) -> None:
    block = of_file(server.files.keep(picture(1000, 1000)).id)
    mark = {"cache_control": {"type": "ephemeral"}}
    assert usage(post(server, ask(user(block), **mark)))["cache_creation_input_tokens"] == 1296
    more = ask(user(block), assistant("Yes."), user("Why?"), **mark)
    assert usage(post(server, more))["cache_read_input_tokens"] == 1296
    assert usage(post(server, ask(user(image(picture(1000, 1000))), **mark)))["cache_read_input_tokens"] == 0
