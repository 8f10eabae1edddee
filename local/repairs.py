"""Where ministack (the pinned version) differs from AWS in ways that matter to us, and is set right.

Runs inside the emulator's process only, before it starts.
"""

import json
import os
from contextvars import ContextVar
from email.utils import parseaddr
from typing import Any

from ministack import app as ministack
from ministack.core import iam_actions, lambda_runtime
from ministack.core.iam_evaluator import AuthError
from ministack.services import apigateway_v1, dynamodb, lambda_svc, ses_v2, sqs
from ministack.services.cloudformation import provisioners
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

_BATCHES = {"sqs:SendMessageBatch", "sqs:DeleteMessageBatch", "sqs:ChangeMessageVisibilityBatch"}
_LOG_LINE_SECONDS = 0.005
_LOG_STREAM_ACTIONS = ("CreateLogStream", "PutLogEvents")
_SEND_EMAIL = ("POST", "/v2/email/outbound-emails")


def apply() -> None:
    """Make all repairs. An AttributeError here means that ministack was renewed: look again what it needs."""
    _take_gateway_responses_from_the_definition()
    _authorise_batches_as_aws_does()
    _authorise_mail_as_aws_does()
    _authorise_log_lines_as_aws_does()
    _refuse_whom_iam_refuses_as_the_definition_says()
    _answer_browsers_with_pages()
    _keep_streams_over_restarts()
    _name_queues_alike_on_every_port()
    _answer_without_waiting_for_log_lines()
    _take_numbers_from_parameters()
    _tell_stacks_the_dkim_records()


def _take_gateway_responses_from_the_definition() -> None:
    """Answer API Gateway's own refusals as the API's definition says.

    Ministack takes that from resources of their own only, which on AWS would collide with the definition.
    """
    otherwise = apigateway_v1._import_rest_api

    def imported(definition: dict[str, Any], properties: Any = None) -> str:
        api_id: str = otherwise(definition, properties)
        for kind, response in definition.get("x-amazon-apigateway-gateway-responses", {}).items():
            apigateway_v1._put_gateway_response(api_id, kind, response)
        return api_id

    apigateway_v1._import_rest_api = imported


def _authorise_batches_as_aws_does() -> None:
    """Ask for sqs:SendMessage when messages are sent in a batch, and so on.

    Ministack asks for sqs:SendMessageBatch, an action that IAM does not know.
    """
    named = iam_actions.extract_iam_action

    def action(*request: Any) -> str | None:
        name: str | None = named(*request)
        return name.removesuffix("Batch") if name in _BATCHES else name

    iam_actions.extract_iam_action = action


def _authorise_mail_as_aws_does() -> None:
    """Ask for ses:SendEmail on the sender's identity and the configuration set.

    Ministack asks for it on "*", which no careful policy grants.
    """
    otherwise = ministack._enforce_ses_v2

    def refusal(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], request_id: str
    ) -> Any:
        if (method, path) != _SEND_EMAIL:
            return otherwise(method, path, headers, body, query, request_id)
        refusals = (
            ministack._enforce_data_plane(
                "sesv2", "ses:SendEmail", headers, query, request_id, resource_arn=arn, named_resource=arn
            )
            for arn in _resources_of_a_mail(json.loads(body), ministack.extract_region(headers, query))
        )
        return next(filter(None, refusals), None)

    ministack._enforce_ses_v2 = refusal


def _resources_of_a_mail(request: dict[str, Any], region: str) -> list[str]:
    sender = parseaddr(request.get("FromEmailAddress", ""))[1]
    identity = sender if sender in ses_v2._identities else sender.rpartition("@")[2]
    resources = [f"identity/{identity}"]
    if configuration_set := request.get("ConfigurationSetName"):
        resources.append(f"configuration-set/{configuration_set}")
    account_id = os.environ["MINISTACK_ACCOUNT_ID"]
    return [f"arn:aws:ses:{region}:{account_id}:{resource}" for resource in resources]


def _authorise_log_lines_as_aws_does() -> None:
    """Ask for what is written to a log stream on that stream of its group.

    Ministack asks for it on the group, which the group's ARN in a policy (it ends in ":*") does not mean.
    """
    named = iam_actions.extract_resource_arn

    def resource(service: str, *request: Any) -> str:
        arn: str = named(service, *request)
        _, _, headers, body, *_ = request
        if service != "logs" or not headers.get("x-amz-target", "").endswith(_LOG_STREAM_ACTIONS):
            return arn
        return f"{arn}:log-stream:{json.loads(body).get('logStreamName', '')}"

    iam_actions.extract_resource_arn = resource


def _refuse_whom_iam_refuses_as_the_definition_says() -> None:
    """Answer a signed request that no policy allows with the API's own ACCESS_DENIED.

    Ministack knows that answer for callers whom it cannot authenticate only.
    """
    otherwise = ministack._enforce_execute_api
    apigateway_v1._AUTHENTICATION_GATEWAY_ERRORS["AccessDenied"] = ("ACCESS_DENIED", "AccessDeniedException")

    def refusal(api_id: str, stage: str, *request: Any, **options: Any) -> Any:
        refused = otherwise(api_id, stage, *request, **options)
        if refused is None or refused[1].get("x-amzn-errortype") != "AccessDeniedException":
            return refused
        _, _, headers, query = request[:4]
        error = AuthError("AccessDenied", json.loads(refused[2])["message"])
        answer = apigateway_v1.authentication_error_response(api_id, stage, error, headers, query)
        return answer or refused

    ministack._enforce_execute_api = refusal


def _answer_browsers_with_pages() -> None:
    """Answer with a refusal's HTML template, where it has one, a caller who wants HTML rather than JSON.

    Ministack always takes the template for application/json. API Gateway's documentation has templates by
    content type, as for integrations, where the Accept header chooses. That it does so here, too, was not
    tried on AWS; if it does not, browsers get the problem document there.
    """
    response_of, answer = apigateway_v1._gateway_response_for_type, apigateway_v1._gateway_error_response
    wants_page: ContextVar[bool] = ContextVar("wants_page", default=False)

    def response_with_page(customized: dict[str, Any], kind: str) -> dict[str, Any]:
        response: dict[str, Any] = response_of(customized, kind)
        html = response["responseTemplates"].get("text/html")
        if html is None or not wants_page.get():
            return response
        headers = {**response["responseParameters"], "gatewayresponse.header.Content-Type": "'text/html'"}
        return {**response, "responseTemplates": {"application/json": html}, "responseParameters": headers}

    def answered(error: Any, request: dict[str, Any]) -> Any:
        accepted = parse_accept_header(apigateway_v1._header_ci(request["headers"], "accept"), MIMEAccept)
        asked = wants_page.set(accepted.best_match(["application/json", "text/html"]) == "text/html")
        try:
            return answer(error, request)
        finally:
            wants_page.reset(asked)

    apigateway_v1._gateway_response_for_type = response_with_page
    apigateway_v1._gateway_error_response = answered


def _keep_streams_over_restarts() -> None:
    """Save the records of tables' streams beside the tables.

    Ministack saves how far each function has read but not the records, so that after a restart the
    function would not be told of as many changes as it had read before.
    """
    saved, restore = dynamodb.get_state, dynamodb.load_persisted_state
    streams = {"our_stream_records": dynamodb._stream_records, "our_stream_trimmed": dynamodb._stream_trimmed}

    def saved_with_streams() -> dict[str, Any]:
        return {**saved(), **streams}

    def restore_with_streams(state: dict[str, Any]) -> None:
        restore(state)
        for name, store in streams.items():
            store.update(state.get(name, {}))

    dynamodb.get_state = saved_with_streams
    dynamodb.load_persisted_state = restore_with_streams


def _name_queues_alike_on_every_port() -> None:
    """Keep queues under one and the same URL, whatever port the emulator listens on this time.

    Ministack files them under its present port, and after a restart on another one no function would be
    told of their messages. Callers may use any host and port in a queue's URL; only its name counts.
    """
    sqs.DEFAULT_PORT = "4566"
    sqs._CANONICAL_NETLOC = f"{sqs.DEFAULT_HOST}:{sqs.DEFAULT_PORT}"


def _answer_without_waiting_for_log_lines() -> None:
    """Give a function's answer on at once.

    Ministack waits 50 ms for log lines after every invocation that wrote none, which is several times
    what most of ours take. A line that comes later is logged with the next invocation.
    """
    collect = lambda_runtime.Worker._drain_stderr_bounded

    def collect_at_once(worker: lambda_runtime.Worker) -> str:
        lines: str = collect(worker, first_line_wait=_LOG_LINE_SECONDS)
        return lines

    lambda_runtime.Worker._drain_stderr_bounded = collect_at_once


def _take_numbers_from_parameters() -> None:
    """Count the workers of a queue by a number.

    A template's Ref to a parameter of type Number gives CloudFormation a string; AWS makes a number of it
    where one is wanted, ministack stops polling the queue.
    """
    concurrency = lambda_svc._sqs_esm_concurrency

    def concurrency_of(source: dict[str, Any], *context: Any) -> int:
        scaling = {name: int(value) for name, value in (source.get("ScalingConfig") or {}).items()}
        workers: int = concurrency({**source, "ScalingConfig": scaling}, *context)
        return workers

    lambda_svc._sqs_esm_concurrency = concurrency_of


def _tell_stacks_the_dkim_records() -> None:
    """Give a domain's DKIM records to the template that makes the identity, as attributes of the resource.

    Ministack knows the tokens, and fails a stack that asks for them.
    """
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SES::EmailIdentity"]

    def telling(act: Any) -> Any:
        def told(*request: Any, **options: Any) -> tuple[str, dict[str, str]]:
            identity, attributes = act(*request, **options)
            for number, token in enumerate(ses_v2._dkim_tokens(identity), start=1):
                attributes[f"DkimDNSTokenName{number}"] = f"{token}._domainkey.{identity}"
                attributes[f"DkimDNSTokenValue{number}"] = f"{token}.dkim.amazonses.com"
            return identity, attributes

        return told

    handlers.update({each: telling(handlers[each]) for each in ("create", "update")})
