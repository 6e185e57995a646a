"""The protocol of the service over HTTP, and the faults that are faults of sockets."""

import asyncio
import json
from typing import Any

from aiohttp import web

from synth_pipeline.mock.batches import Store
from synth_pipeline.mock.plan import Fault, Plan
from synth_pipeline.mock.rejection import Rejected, bad_request, unknown_model, wrong_key
from synth_pipeline.mock.service import CHAT, EMBEDDINGS, Service, turned_away

LARGEST_BODY = 512 * 2**20
JSON = "application/json"


class Server:
    """The handlers; all that they know stands in a service and a store."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.service = Service(plan)
        self.store = Store(plan.batches, self.service.in_batch)
        self.account = self.service.account

    def application(self) -> web.Application:
        made = web.Application(client_max_size=LARGEST_BODY)
        routes = {
            ("POST", CHAT): self.exchange,
            ("POST", EMBEDDINGS): self.exchange,
            ("GET", "/v1/models"): self.models,
            ("GET", "/v1/models/{name}"): self.model,
            ("POST", "/v1/files"): self.upload,
            ("GET", "/v1/files"): self.files,
            ("GET", "/v1/files/{name}"): self.file,
            ("DELETE", "/v1/files/{name}"): self.remove,
            ("GET", "/v1/files/{name}/content"): self.content,
            ("POST", "/v1/batches"): self.start,
            ("GET", "/v1/batches"): self.batches,
            ("GET", "/v1/batches/{name}"): self.batch,
            ("POST", "/v1/batches/{name}/cancel"): self.cancel,
        }
        for (method, path), handler in routes.items():
            made.router.add_route(method, path, self._guarded(handler))
        made.router.add_get("/stats", self.stats)
        return made

    async def exchange(self, request: web.Request) -> web.StreamResponse:
        """A request that may be billed."""
        body = await _json(request)
        arrival = self.account.arrival(body)
        asked = self.service.checked(request.path, body)
        self.service.gate.admit(self.account.in_flight, asked.most_tokens)
        with self.account.flight():
            fault = self.service.fault(asked, arrival)
            if fault is not None:
                turned_away(fault)
                if fault.kind == "drop":
                    return _dropped(request)
                if fault.kind == "stall":
                    await asyncio.sleep(fault.seconds)
            latency = self.service.latency(arrival)
            if latency:
                await asyncio.sleep(latency)
            answer = self.service.answer(asked, arrival, fault)
        headers = {"x-request-id": f"req_{arrival.number}", **self.service.gate.headers()}
        return _sent(request, json.dumps(answer, ensure_ascii=False).encode(), headers, fault)

    async def models(self, request: web.Request) -> web.Response:
        return _told({"object": "list", "data": [_model(name) for name in self.plan.models]})

    async def model(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self.plan.models:
            raise unknown_model(name)
        return _told(_model(name))

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        given = form.get("file")
        if not isinstance(given, web.FileField):
            raise bad_request("'file' is a required property.", "file")
        data = given.file.read()
        return _told(self.store.keep(given.filename, str(form.get("purpose", "batch")), data).described())

    async def files(self, request: web.Request) -> web.Response:
        return _told(_listed([one.described() for one in self.store.files.values()]))

    async def file(self, request: web.Request) -> web.Response:
        return _told(self.store.file(request.match_info["name"]).described())

    async def remove(self, request: web.Request) -> web.Response:
        gone = self.store.file(request.match_info["name"])
        del self.store.files[gone.id]
        return _told({"id": gone.id, "object": "file", "deleted": True})

    async def content(self, request: web.Request) -> web.Response:
        return web.Response(body=self.store.file(request.match_info["name"]).data, content_type="application/jsonl")

    async def start(self, request: web.Request) -> web.Response:
        return _told(self.store.start(await _json(request), (CHAT, EMBEDDINGS)).described())

    async def batches(self, request: web.Request) -> web.Response:
        return _told(_listed([one.described() for one in self.store.batches.values()]))

    async def batch(self, request: web.Request) -> web.Response:
        return _told(self.store.look(request.match_info["name"]).described())

    async def cancel(self, request: web.Request) -> web.Response:
        return _told(self.store.cancel(request.match_info["name"]).described())

    async def stats(self, request: web.Request) -> web.Response:
        """The books; `?totals` leaves out what is counted by content, which may be long."""
        totals = self.account.totals()
        return _told(totals if "totals" in request.query else totals | {"by_request": self.account.by_request()})

    def _guarded(self, handler: Any) -> Any:
        """Lets in whoever has a key, and tells errors as the service does."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                if self.plan.keys and request.headers.get("Authorization", "")[7:] not in self.plan.keys:
                    raise wrong_key()
                response = await handler(request)
            except Rejected as rejected:
                response = _told(rejected.body, rejected.status, rejected.headers)
            self.account.statuses[response.status] += 1
            return response

        return handle


def _sent(request: web.Request, payload: bytes, headers: dict[str, str], fault: Fault | None) -> web.StreamResponse:
    kind = None if fault is None else fault.kind
    if kind == "malformed_body":
        payload = payload[: len(payload) // 2]
    if kind == "drop_after_billing":
        return _dropped(request)
    return web.Response(body=payload, headers=headers, content_type=JSON)


def _dropped(request: web.Request) -> web.Response:
    """Nothing reaches the client any more: its socket is reset."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad_request("We could not parse the JSON body of your request.")
    return body


def _told(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), status=status, headers=headers, content_type=JSON)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "mock"}


def _listed(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "data": items, "has_more": False}
