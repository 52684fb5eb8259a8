"""Draws demo.png: the result of `tenantkit demo`, as a notebook shows it. Needs chromium.

Run `python docs/images/draw_demo.py` in the project's folder.
"""

from __future__ import annotations

import subprocess
import tempfile
from html import escape
from pathlib import Path

import tenantkit as tk
from tenantkit.demo import demo_tenants, run_demo

STYLE = """
body { font: 14px system-ui, 'DejaVu Sans', sans-serif; margin: 18px 24px; color: #1f2328; background: #fff }
h4 { margin: 14px 0 6px; font-weight: 600 }
table { border-collapse: collapse; font-size: 12.5px }
th, td { padding: 3px 12px 3px 0; border-bottom: 1px solid #d8dee4; text-align: left }
th { color: #59636e; font-weight: 600 }
code { font-family: 'DejaVu Sans Mono', monospace; font-size: 12.5px }
"""
RESOURCES = ("requests.cpu", "requests.memory", "pods", "count/ingresses.networking.k8s.io")
COLUMNS = ["tenant", "resource", "unit", "used", "hard", "free", "used_pct", "state"]


def main() -> None:
    """Run the demo on a sandbox and take a picture of its tables."""
    with tk.Sandbox() as box, tk.connect(kubeconfig=box.kubeconfig, context="sandbox-admin") as cluster:
        tk.install_platform(cluster, progress=False)
        plan = tk.plan(cluster, demo_tenants()[:1])
        result = run_demo(cluster, notify=lambda _: None)
    quota = result.quota[result.quota["resource"].isin(RESOURCES)][COLUMNS].head(8)
    urls = "".join(
        f"<div><code>{escape(name)} &nbsp; {escape(url)}</code></div>"
        for name, tenant_urls in result.urls.items()
        for url in tenant_urls
    )
    table = quota.to_html(index=False, border=0, na_rep="", float_format="{:,.0f}".format)
    page = (
        f"<meta charset=utf-8><style>{STYLE}</style>"
        f"<h4><code>tk.plan(cluster, [tenant])</code></h4>{plan._repr_html_()}"
        f"<h4><code>report.urls</code></h4>{urls}"
        f"<h4><code>tk.quota_usage(cluster)</code></h4>{table}"
    )
    target = Path(__file__).with_name("demo.png")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "demo.html")
        file.write_text(page, encoding="utf-8")
        subprocess.run(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
                f"--user-data-dir={folder}/profile", "--window-size=1030,610", f"--screenshot={target}", file.as_uri(),
            ],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip


if __name__ == "__main__":
    main()
