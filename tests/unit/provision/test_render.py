"""Manifests of specs without a cluster: the same bytes for the same specs, in files whose order is that of applying."""

from __future__ import annotations

import pytest
import yaml

from tenantkit.exceptions import InvalidSpecError
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.render import HEADER, render, rendered_files, rendered_text
from tenantkit.rules.manifest import ref_of
from tenantkit.sample.tenants import sample_platform, sample_tenants
from tenantkit.spec.platform import Platform
from tests.unit.provision.memory import PLATFORM, Memory, tenant

TEMPLATE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"team": "{team}"}}


def test_the_manifests_are_those_that_a_plan_creates() -> None:
    [part] = render([tenant()], PLATFORM, has_platform=False)
    memory = Memory()
    install_platform(memory, PLATFORM, progress=False)

    assert list(part.manifests) == [change.wanted for change in plan(memory, tenant()).changes]


def test_extra_objects_are_rendered_and_their_kinds_recorded() -> None:
    platform = Platform(extra_objects=[TEMPLATE])
    [part] = render([tenant()], platform, has_platform=False)
    memory = Memory()
    install_platform(memory, platform, progress=False)

    assert list(part.manifests) == [change.wanted for change in plan(memory, tenant()).changes]


def test_the_text_reads_back_to_the_same_objects_in_the_order_of_applying() -> None:
    parts = render(sample_tenants(), sample_platform(), has_platform=True)

    assert list(yaml.safe_load_all(rendered_text(parts))) == [it for part in parts for it in part.manifests]
    assert [part.folder for part in parts][:2] == ["00-platform", "tenant-chatbot"]


def test_the_same_specs_give_the_same_bytes() -> None:
    first, second = (render(sample_tenants(), sample_platform(), has_platform=True) for _ in range(2))

    assert rendered_text(first) == rendered_text(second)


@pytest.mark.parametrize("split", ["tenant", "object"])
def test_the_files_hold_every_object_once(split: str) -> None:
    parts = render(sample_tenants(), sample_platform(), has_platform=True)

    files = rendered_files(parts, split="object" if split == "object" else "tenant")

    found = [ref_of(it) for path in sorted(files) for it in yaml.safe_load_all(files[path])]
    assert sorted(found) == sorted(ref_of(it) for part in parts for it in part.manifests)
    assert all(text.startswith(HEADER) for text in files.values())


def test_files_in_the_order_of_their_names_are_in_the_order_of_applying() -> None:
    files = rendered_files(render([tenant()], PLATFORM, has_platform=True), split="object")

    kinds = [yaml.safe_load(files[path])["kind"] for path in sorted(files)]
    assert kinds[:2] == ["Namespace", "Namespace"]
    assert min(files) == "00-platform/00-namespace-tenantkit-index.yaml"
    assert max(files).startswith("tenant-vision/11-ingress-")


def test_the_file_of_an_object_stays_when_another_comes() -> None:
    before = rendered_files(render([tenant()], PLATFORM, has_platform=False), split="object")
    after = rendered_files(render([tenant(viewers=["vera@x.com"])], PLATFORM, has_platform=False), split="object")

    changed = sorted(path for path in before if after.get(path) != before[path])
    assert changed == ["tenant-vision/10-rolebinding-tenant-vision.yaml"]


def test_a_tenant_that_does_not_fit_the_platform_is_an_error() -> None:
    with pytest.raises(InvalidSpecError, match="size='galactic'"):
        render([tenant(size="galactic")], PLATFORM, has_platform=False)
