"""The stand-in's server: each request goes to an API of ours, or else to moto."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.core.request import Request
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from rehearsal.aws import moto_settings
from rehearsal.aws.accounts import CostExplorer, Organizations, ServiceQuotas
from rehearsal.aws.answers import Answers
from rehearsal.aws.api import Api
from rehearsal.aws.backups import Backup, Held
from rehearsal.aws.cloud import Cloud, Credentials
from rehearsal.aws.cloudformation.accounts import Accounts
from rehearsal.aws.cloudformation.api import CloudFormation
from rehearsal.aws.cognito import Cognito
from rehearsal.aws.dns.public import Acm
from rehearsal.aws.dns.route53 import Route53
from rehearsal.aws.ec2 import Ec2
from rehearsal.aws.eks.api import Eks
from rehearsal.aws.eks.store import TOKENS, Clusters, Store
from rehearsal.aws.extensions import EcrPublic, Efs, Lambda, Sts
from rehearsal.aws.functions import Functions
from rehearsal.aws.identities import POD_IDENTITY, EksAuth, pod_credentials, token_review
from rehearsal.aws.load_balancing.api import LoadBalancing
from rehearsal.aws.machines.images import Ssm
from rehearsal.aws.machines.prices import Pricing
from rehearsal.aws.machines.queues import Notices, Sqs
from rehearsal.aws.resources.custom import CustomResource
from rehearsal.aws.roles import Iam
from rehearsal.aws.waf import Waf
from rehearsal.aws.web_identities import WebIdentities
from rehearsal.certificates import Authority
from rehearsal.iam.recorder import Recorder

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/[^/]+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_PERSON = "rehearsal"
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_POLL = 0.05


class _Request(Request):
    """A request from a server, which puts the date into each answer: moto must not do so, too."""

    from_wsgi_server = True


class Server:
    """AWS on loopback, for as many accounts as are asked for.

    `storage` is where the data of file systems and volumes lies.
    `modules` is the folder of the Node modules of Lambda's runtime, `charts` that of charts which Helm is to take.
    Each call is noted in `recorder`; with `enforce`, those that policies do not allow are refused as by AWS.
    """

    def __init__(
        self,
        folder: Path,
        clusters: Clusters,
        *,
        modules: Path,
        charts: Path,
        storage: Path | None = None,
        port: int = 0,
        enforce: bool = False,
    ) -> None:
        self.recorder = Recorder(enforce)
        self.notices = Notices(self.recorder)
        self._moto_is_ours = ExitStack()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._http = make_server("127.0.0.1", port, self, threaded=True, request_handler=MotoRequestHandler)
        # An address rather than a name: for that, clients of S3 put the bucket into the path, not into the host's name.
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = Thread(target=self._http.serve_forever, args=[_POLL], name="AWS", daemon=True)
        self._people: dict[str, Credentials] = {}
        self._clouds: dict[tuple[str, str], Cloud] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._authority = Authority(folder / "certificates", "acm")
        self.ca = self._authority.certificate
        """Who signs the certificates that ACM issues: clients of load balancers trust it."""
        self._answers = Answers(folder / "answers")
        self._functions = Functions(folder / "lambda", self.url, self._answers, modules=modules, charts=charts)
        self._clusters = Store(clusters, self.url, self.cloud)
        self._stacks = Accounts(cache(self._as), CustomResource(self._answers))
        self._backups = Held(storage or folder / "storage")
        self.opted: set[tuple[str, str]] = set()
        """The accounts that have opted in to a region which not every account has, with that region."""
        self._apis = self._own_apis()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to answer, with nothing in any account. Raises RuntimeError where another one runs in this process."""
        self._moto_is_ours.enter_context(moto_settings.owned())
        self._answers.start()
        self._thread.start()

    def stop(self) -> None:
        """End, when what is under way has ended."""
        self.wait()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        self._answers.stop()
        self._moto_is_ours.close()

    def wait(self) -> None:
        """Return when no stack is worked on."""
        self._stacks.join()

    def credentials(self, account: str) -> Credentials:
        """Those of an administrator of an account, who is there when first asked for."""
        with moto_settings.LOCK:
            if account not in self._people:
                iam = iam_backends[account]["aws"]
                iam.create_user("us-east-1", _PERSON)
                iam.attach_user_policy(_ADMINISTRATOR, _PERSON)
                key = iam.create_access_key(_PERSON)
                self._people[account] = Credentials(key.access_key_id, key.secret_access_key)
            return self._people[account]

    def cloud(self, account: str, region: str) -> Cloud:
        """An account in a region, as its administrator sees it: its clients take a while to make, once."""
        place = account, region
        if place not in self._clouds:
            self._clouds[place] = Cloud(self.url, account, region, self.credentials(account))
        return self._clouds[place]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        body = _body(environ)
        try:
            response = self._refused(environ, body)
            if response is None:
                environ["wsgi.input"] = io.BytesIO(body)
                response = self._route(environ)
        except Exception as error:
            logging.getLogger(__name__).exception("%s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            response = Response(f"The stand-in failed: {error!r}", 500)
        if response is not None:
            return response(environ, start_response)
        environ["wsgi.input"] = io.BytesIO(body)
        with moto_settings.LOCK:
            return list(self._moto(environ, start_response))

    def _refused(self, environ: WSGIEnvironment, body: bytes) -> Response | None:
        """The answer to a call that policies do not allow, if that is enforced. Each call is noted."""
        if environ["PATH_INFO"].startswith(("/rehearsal/", "/moto-api/")):
            return None
        with moto_settings.LOCK:
            return self.recorder.note(_Request({**environ, "wsgi.input": io.BytesIO(body)}))

    def _route(self, environ: WSGIEnvironment) -> Response | None:
        path = environ["PATH_INFO"]
        if path.startswith("/rehearsal/"):
            return self._inner(_Request(environ))
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None and b"Action=AssumeRoleWithWebIdentity" in environ["wsgi.input"].getvalue():
            return WebIdentities(self._clusters).answer(_Request(environ))
        make = self._apis.get(scope["service"]) if scope else None
        if make is None:
            return None
        return make().answer(_Request(environ))

    def _own_apis(self) -> Mapping[str, Callable[[], Api]]:
        """By the name that requests are signed for."""
        return {
            "acm": lambda: Acm(self._authority),
            "backup": lambda: Backup(self._backups),
            "ce": CostExplorer,
            "cloudformation": lambda: CloudFormation(self._stacks),
            "cognito-idp": Cognito,
            "ec2": lambda: Ec2(self.notices.tell),
            "ecr-public": EcrPublic,
            "eks": lambda: Eks(self._clusters),
            "eks-auth": lambda: EksAuth(self._clusters, self.recorder),
            "elasticfilesystem": Efs,
            "elasticloadbalancing": LoadBalancing,
            "iam": Iam,
            "lambda": lambda: Lambda(self._functions, self.recorder),
            "organizations": Organizations,
            "pricing": Pricing,
            "route53": Route53,
            "servicequotas": ServiceQuotas,
            "sqs": Sqs,
            "ssm": Ssm,
            "sts": lambda: Sts(self.opted),
            "wafv2": Waf,
        }

    def _inner(self, request: Request) -> Response:
        """What the rehearsal's own processes ask."""
        kind, account, region, name = request.path.removeprefix("/rehearsal/").split("/")
        cluster = self._clusters.at(account, region).get(name)
        if f"/rehearsal/{kind}" == TOKENS:
            return _json(token_review(cluster, json.loads(request.get_data())))
        if f"/rehearsal/{kind}" != POD_IDENTITY:
            return Response(status=404)
        try:
            token = request.headers["Authorization"]
            given = pod_credentials(self._clusters, self.recorder, account, region, name, token)
        except ServiceException as error:
            return _json({"code": error.code, "message": error.message}, 400)
        credentials = given["credentials"]
        return _json(
            {
                "AccessKeyId": credentials["accessKeyId"],
                "SecretAccessKey": credentials["secretAccessKey"],
                "Token": credentials["sessionToken"],
                "Expiration": f"{credentials['expiration']:%Y-%m-%dT%H:%M:%SZ}",
                "AccountId": account,
            }
        )

    def _as(self, account: str, region: str, access_key: str) -> Cloud:
        """An account in a region, as CloudFormation sees it for who made a request: nothing checks signatures."""
        credentials = Credentials(access_key, "not checked")
        return Cloud(self.url, account, region, credentials, "cloudformation.amazonaws.com")


def _body(environ: WSGIEnvironment) -> bytes:
    """What a request carries, to be read more than once."""
    of_known_length = not environ.get("wsgi.input_terminated")
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0) if of_known_length else -1)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")
