"""The Files API of practice mode, and pictures that are sent by the name of a file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.core.catalog import Catalog
from app.core.client import Client
from app.core.errors import ApiError
from app.core.files import Form, StoredFile
from app.core.practice import Practice
from app.core.practice_files import Shelf
from app.core.server import Server
from tests.core.drawn import HEADERS, body, drawn, encoded, image_block, user
from tests.gates import OpenGate

CATALOG = Catalog.load()
PNG = encoded(drawn(640, 480))
DAY = 86_400


class Clock:
    def __init__(self) -> None:
        self.now = 1_795_165_200.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def practice(clock: Clock) -> Practice:
    return Practice(CATALOG, pace=0, now=clock)


@pytest.fixture
def client(practice: Practice) -> Client:
    return Client(Server(), "", OpenGate(), practice=practice)


async def answered(practice: Practice, method: str, path: str, data: bytes = b"", **headers: str) -> tuple[int, Any]:
    """Status and JSON of one request; underscores in the names of headers stand for hyphens."""
    given = {"anthropic-version": "2026-10-21"} | {name.replace("_", "-"): text for name, text in headers.items()}
    reply = await practice.respond(method, path, given, data)
    return reply.status, json.loads(b"".join([chunk async for chunk in reply.chunks]))


async def uploaded(practice: Practice, form: bytes, boundary: str = "b") -> tuple[int, Any]:
    kind = f"multipart/form-data; boundary={boundary}"
    return await answered(practice, "POST", "/v1/files", form, content_type=kind)


def part(disposition: str, data: str = "x", more: str = "") -> str:
    return f"--b\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n{data}\r\n"


def of_file(file_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "file", "file_id": file_id}} | more


async def asked(practice: Practice, *blocks: Any, **fields: Any) -> tuple[int, str, str]:
    """Status, message and code of what a question with these blocks is refused with."""
    reply = await practice.respond("POST", "/v1/messages", HEADERS, body(user(*blocks), **fields))
    data = b"".join([chunk async for chunk in reply.chunks])
    if reply.status == 200:
        return 200, "", ""
    error = json.loads(data)["error"]
    return reply.status, error["message"], error.get("details", {}).get("error_code", "")


# --- files --------------------------------------------------------------------------------------


async def test_a_file_is_kept_listed_and_deleted(client: Client, clock: Clock) -> None:
    file = await client.upload(PNG, "a.png", "image/png", DAY)
    assert file == StoredFile(file.id, "a.png", "image/png", len(PNG), clock.now, clock.now + DAY)
    other = await client.upload(b"x", "b.png", "image/png")
    assert other.expires is None
    assert await client.files() == [other, file]
    await client.delete_file(file.id)
    assert await client.files() == [other]
    with pytest.raises(ApiError) as caught:
        await client.delete_file(file.id)
    assert (caught.value.status, caught.value.type, caught.value.code) == (404, "not_found_error", "")


async def test_the_answer_has_the_documented_shape(practice: Practice) -> None:
    form = Form(PNG, "roof.png", "image/png", 3600)
    status, made = await answered(practice, "POST", "/v1/files", b"".join(form), content_type=form.media_type)
    assert status == 200
    assert made == {
        "id": made["id"],
        "type": "file",
        "filename": "roof.png",
        "mime_type": "image/png",
        "size_bytes": len(PNG),
        "created_at": "2026-11-20T09:00:00Z",
        "downloadable": False,
        "expires_at": "2026-11-20T10:00:00Z",
    }
    assert await answered(practice, "GET", f"/v1/files/{made['id']}") == (200, made)
    assert await answered(practice, "DELETE", f"/v1/files/{made['id']}") == (
        200,
        {"id": made["id"], "type": "file_deleted"},
    )


async def test_a_file_s_life_ends(client: Client, practice: Practice, clock: Clock) -> None:
    file = await client.upload(PNG, "a.png", "image/png", 3600)
    clock.now += 3599
    assert await client.files() == [file]
    assert (await asked(practice, of_file(file.id)))[0] == 200
    clock.now += 1
    assert await asked(practice, of_file(file.id)) == (404, f"File has expired: {file.id}", "file_expired")
    assert await client.files() == []
    assert await asked(practice, of_file(file.id)) == (404, f"File has expired: {file.id}", "file_expired")
    status, answer = await answered(practice, "GET", f"/v1/files/{file.id}")
    assert (status, answer["error"]["details"]) == (404, {"error_code": "file_expired"})


async def test_the_pages_join_to_the_whole_list_though_files_go_meanwhile(practice: Practice, client: Client) -> None:
    ids = [(await client.upload(b"x", f"{n}.png", "image/png")).id for n in range(5)][::-1]
    _, first = await answered(practice, "GET", "/v1/files?limit=2")
    await client.delete_file(ids[1])
    _, second = await answered(practice, "GET", f"/v1/files?limit=2&page={first['next_page']}")
    _, third = await answered(practice, "GET", f"/v1/files?limit=2&page={second['next_page']}")
    assert [entry["id"] for page in (first, second, third) for entry in page["data"]] == ids
    assert third["next_page"] is None
    _, named = await answered(practice, "GET", f"/v1/files?ids[]={ids[4]}&ids[]={ids[0]}&ids[]=file_other")
    assert [entry["id"] for entry in named["data"]] == [ids[0], ids[4]]


FILE = part('name="file"; filename="a.png"', more="Content-Type: image/png\r\n")
FORMS = {
    "no file": (part('name="expires_in_seconds"', "3600"), "file: Field required"),
    "a file without a name": (part('name="file"'), "file: Field required"),
    "an empty name": (part('name="file"; filename=""'), "filename: must have 1 to 255"),
    "a long name": (part(f'name="file"; filename="{"x" * 256}"'), "filename: must have 1 to 255"),
    "a folder in the name": (part('name="file"; filename="a/b.png"'), "filename: must not contain"),
    "a tab in the name": (part('name="file"; filename="a\tb.png"'), "filename: must not contain"),
    "a short life": (FILE + part('name="expires_in_seconds"', "3599"), "expires_in_seconds: Input should be between"),
    "a long life": (FILE + part('name="expires_in_seconds"', "7776001"), "expires_in_seconds: Input should be"),
    "a life of words": (FILE + part('name="expires_in_seconds"', "1 day"), "expires_in_seconds: Input should be"),
    "an unknown field": (FILE + part('name="purpose"', "vision"), "purpose: Extra inputs are not permitted"),
    "no head": (FILE + "--b\r\n", "The request body is not valid multipart/form-data"),
    "nothing": ("", "The request body is not valid multipart/form-data"),
}


@pytest.mark.parametrize(("form", "start"), FORMS.values(), ids=FORMS)
async def test_a_form_that_breaks_a_rule_is_refused(practice: Practice, form: str, start: str) -> None:
    status, answer = await uploaded(practice, form.encode() + (b"--b--\r\n" if form else b""))
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
    assert answer["error"]["message"].startswith(start)


async def test_forms_within_the_rules_are_taken(practice: Practice) -> None:
    for life in ("3600", "7776000"):
        status, _ = await uploaded(practice, (FILE + part('name="expires_in_seconds"', life) + "--b--").encode())
        assert status == 200
    assert (await uploaded(practice, ("preamble\r\n" + FILE + "--b--\r\nepilogue").encode()))[0] == 200
    assert (await uploaded(practice, FILE.encode()))[0] == 400, "it does not end"


@pytest.mark.parametrize(
    ("method", "path", "status", "start"),
    [
        ("POST", "/v1/files", 400, "content-type: "),
        ("PUT", "/v1/files", 405, "Method Not Allowed"),
        ("POST", "/v1/files/file_1", 405, "Method Not Allowed"),
        ("GET", "/v1/files/file_1", 404, "File not found: file_1"),
        ("GET", "/v1/files/file_1/content", 404, "File not found: file_1"),
        ("GET", "/v1/files/file_1/other", 404, "Not found"),
        ("GET", "/v1/files?limit=0", 400, "limit: "),
        ("GET", "/v1/files?limit=1001", 400, "limit: "),
        ("GET", "/v1/files?page=2", 400, "page: "),
        ("GET", "/v1/files?" + "&".join(["ids[]=x"] * 101), 400, "ids: "),
    ],
)
async def test_requests_that_make_no_sense_are_refused(
    practice: Practice, method: str, path: str, status: int, start: str
) -> None:
    actual, answer = await answered(practice, method, path)
    assert actual == status
    assert answer["error"]["message"].startswith(start)


async def test_the_version_is_asked_for(practice: Practice) -> None:
    status, answer = await answered(practice, "GET", "/v1/files", anthropic_version="")
    assert (status, answer["error"]["message"]) == (400, "anthropic-version: header is required")


async def test_what_was_uploaded_cannot_be_downloaded(practice: Practice, client: Client) -> None:
    file = await client.upload(PNG, "a.png", "image/png")
    status, answer = await answered(practice, "GET", f"/v1/files/{file.id}/content")
    assert (status, answer["error"]["details"]) == (400, {"error_code": "file_not_downloadable"})


async def test_a_full_shelf_takes_no_more(practice: Practice, client: Client, clock: Clock) -> None:
    practice._shelf = Shelf(clock, quota=5)
    file = await client.upload(b"12345", "a.png", "image/png")
    with pytest.raises(ApiError) as caught:
        await client.upload(b"6", "b.png", "image/png")
    assert (caught.value.status, caught.value.code) == (400, "storage_quota_exceeded")
    await client.delete_file(file.id)
    assert (await client.upload(b"6", "b.png", "image/png")).size == 1


# --- pictures by file ---------------------------------------------------------------------------


async def test_a_picture_by_file_is_measured_as_one_by_bytes(practice: Practice, client: Client) -> None:
    file = await client.upload(PNG, "a.png", "image/png")
    answers = []
    for block in (of_file(file.id), image_block(PNG)):
        reply = await practice.respond("POST", "/v1/messages", HEADERS, body(user(block), stream=False))
        answers.append(json.loads(b"".join([chunk async for chunk in reply.chunks])))
    by_file, by_bytes = answers
    assert by_file["content"] == by_bytes["content"]
    assert "| Image 1 | 640 × 480 | PNG |" in by_file["content"][0]["text"]
    assert by_file["usage"]["input_tokens"] == by_bytes["usage"]["input_tokens"] == 414 + 3


AT = "messages.0.content.1.image.source.file: "
KEPT = {
    "another type than its bytes": (PNG, "image/jpeg", {}, f"{AT}The image was specified using the image/jpeg media"),
    "a type that is no picture's": (b"x", "text/plain", {}, f"{AT}an image block does not take a file of the type"),
    "bytes of no picture": (b"hello" * 99, "image/png", {}, f"{AT}Could not process image"),
    "a picture cut off": (PNG[:200], "image/png", {}, f"{AT}Could not process image"),
    "more than 10 MB of base64": (PNG.ljust(7_500_001), "image/png", {}, f"{AT}image exceeds 10 MB maximum: 10000004"),
    "an edge above 8000": (encoded(drawn(8001, 1)), "image/png", {}, f"{AT}At least one of the image dimensions"),
    "larger than the model's size": (
        encoded(drawn(3840, 2160)),
        "image/png",
        {"transformations": {"oversized_image": "error"}},
        "image dimensions 3840x2160 exceed the maximum image size 2576x1449",
    ),
}


@pytest.mark.parametrize(("data", "media_type", "more", "start"), KEPT.values(), ids=KEPT)
async def test_a_file_that_is_no_fit_picture_is_refused(
    practice: Practice, client: Client, data: bytes, media_type: str, more: dict[str, Any], start: str
) -> None:
    file = await client.upload(data, "a.png", media_type)
    status, message, _ = await asked(practice, "Hm?", of_file(file.id, **more))
    assert status == 400
    assert message.startswith(start)


async def test_a_large_picture_by_file_is_made_smaller_where_that_is_not_forbidden(
    practice: Practice, client: Client
) -> None:
    file = await client.upload(encoded(drawn(3840, 2160)), "a.png", "image/png")
    downsize = {"transformations": {"oversized_image": "downsize"}}
    assert (await asked(practice, of_file(file.id), of_file(file.id, **downsize)))[0] == 200


async def test_pictures_by_file_count_among_many(practice: Practice, client: Client) -> None:
    wide = await client.upload(encoded(drawn(2001, 1)), "a.png", "image/png")
    small = image_block(encoded(drawn(1, 1)))
    assert (await asked(practice, *[small] * 19, of_file(wide.id)))[0] == 200
    status, message, _ = await asked(practice, *[small] * 20, of_file(wide.id))
    assert status == 400
    assert message.startswith("messages.0.content.20.image.source.file: At least one of the image dimensions exceed")
    assert message.endswith("for many-image requests: 2000 pixels")


async def test_a_file_of_another_run_is_not_found(practice: Practice, clock: Clock) -> None:
    earlier = Client(Server(), "", OpenGate(), practice=Practice(CATALOG, now=clock))
    file = await earlier.upload(PNG, "a.png", "image/png")
    assert await asked(practice, of_file(file.id)) == (404, f"File not found: {file.id}", "")


async def test_the_prompt_cache_tells_a_file_from_the_same_bytes(practice: Practice, client: Client) -> None:
    async def read(block: dict[str, Any]) -> int:
        request = body(user(block, block), stream=False, cache_control={"type": "ephemeral"})
        reply = await practice.respond("POST", "/v1/messages", HEADERS, request)
        answer = json.loads(b"".join([chunk async for chunk in reply.chunks]))
        return int(answer["usage"]["cache_read_input_tokens"])

    first, second = [await client.upload(PNG, "a.png", "image/png") for _ in range(2)]
    assert [await read(block) for block in (of_file(first.id), of_file(first.id))] == [0, 828]
    assert [await read(block) for block in (of_file(second.id), image_block(PNG))] == [0, 0]
