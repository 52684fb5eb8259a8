"""The official client on a Cluster's connection: the same server and user, in calls and in watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kubernetes import client, watch
from kubernetes.client import ApiException

from tenantkit.cluster.identity import read_user
from tenantkit.cluster.official_client import api_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster

# of that client itself, in its lowest supported version
pytestmark = pytest.mark.filterwarnings("ignore:HTTPResponse.getheaders:DeprecationWarning")


def test_the_server_sees_the_same_user(connect_as: Callable[[str], Cluster]) -> None:
    cluster = connect_as("admin")

    with api_client(cluster) as api:
        found = client.AuthenticationV1Api(api).create_self_subject_review(client.V1SelfSubjectReview())

    assert found.to_dict()["status"]["user_info"]["username"] == read_user(cluster).username


def test_a_stranger_is_refused_as_by_tenantkit(connect_as: Callable[[str], Cluster]) -> None:
    with api_client(connect_as("stranger")) as api, pytest.raises(ApiException) as caught:
        client.CoreV1Api(api).list_namespace()

    assert caught.value.status == 403


def test_it_watches(connect_as: Callable[[str], Cluster]) -> None:
    with api_client(connect_as("admin")) as api:
        list_namespaces = client.CoreV1Api(api).list_namespace
        events = watch.Watch().stream(list_namespaces, timeout_seconds=1)  # type: ignore[no-untyped-call]
        names = [event["object"].metadata.name for event in events]

    assert "kube-system" in names
