"""Pods, and the violations that the API server reports for each at the levels baseline and restricted."""

from __future__ import annotations

from tests.contract.api.pod_cases import APP_ARMOR, HOST_PROCESS, Case, bare, container, http, pod, windows

CASES = (
    Case("a-restricted-pod", pod()),
    Case(
        "a-pod-without-settings",
        bare(),
        restricted=(
            'allowPrivilegeEscalation != false (container "main" must set '
            'securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must '
            'set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "main" must '
            'set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set '
            'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
        ),
    ),
    Case(
        "escalation",
        pod(container("main", {"allowPrivilegeEscalation": True})),
        restricted=(
            'allowPrivilegeEscalation != false (container "main" must set '
            "securityContext.allowPrivilegeEscalation=false)"
        ),
    ),
    Case(
        "escalation-not-set-by-two",
        pod(*(container(name, {"allowPrivilegeEscalation": None}) for name in "ab")),
        restricted=(
            'allowPrivilegeEscalation != false (containers "a", "b" must set '
            "securityContext.allowPrivilegeEscalation=false)"
        ),
    ),
    Case(
        "init-escalation",
        pod(initContainers=[container("setup", {"allowPrivilegeEscalation": None})]),
        restricted=(
            'allowPrivilegeEscalation != false (container "setup" must set '
            "securityContext.allowPrivilegeEscalation=false)"
        ),
    ),
    Case(
        "app-armor-of-the-pod",
        pod(security={"appArmorProfile": {"type": "Unconfined"}}),
        baseline='forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    ),
    Case(
        "app-armor-of-a-container",
        pod(container("main", {"appArmorProfile": {"type": "Unconfined"}})),
        baseline=('forbidden AppArmor profile (container "main" must not set AppArmor profile type to "Unconfined")'),
    ),
    Case(
        "app-armor-of-pod-and-containers",
        pod(
            *(container(name, {"appArmorProfile": {"type": "Unconfined"}}) for name in "ab"),
            security={"appArmorProfile": {"type": "Unconfined"}},
        ),
        baseline=(
            'forbidden AppArmor profile (pod and containers "a", "b" must not set AppArmor profile type to '
            '"Unconfined")'
        ),
    ),
    Case(
        "app-armor-in-an-annotation",
        pod(annotations={f"{APP_ARMOR}/main": "unconfined"}),
        baseline=(
            'forbidden AppArmor profiles (container "main" and annotation must not set AppArmor profile type to '
            '"Unconfined", "container.apparmor.security.beta.kubernetes.io/main="unconfined"")'
        ),
    ),
    Case(
        "app-armor-in-annotations",
        pod(
            container("a"),
            container("b"),
            annotations={f"{APP_ARMOR}/a": "unconfined", f"{APP_ARMOR}/b": "localhost/own"},
            security={"appArmorProfile": {"type": "Unconfined"}},
        ),
        baseline=(
            'forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "Unconfined", '
            '"container.apparmor.security.beta.kubernetes.io/a="unconfined"")'
        ),
    ),
    Case("app-armor-of-the-runtime", pod(container("main", {"appArmorProfile": {"type": "RuntimeDefault"}}))),
    Case(
        "a-network-capability",
        pod(container("main", {"capabilities": {"add": ["NET_RAW"], "drop": ["ALL"]}})),
        baseline=(
            'non-default capabilities (container "main" must not include "NET_RAW" in securityContext.capabilities.add)'
        ),
        restricted=(
            'unrestricted capabilities (container "main" must not include "NET_RAW" in '
            "securityContext.capabilities.add)"
        ),
    ),
    Case(
        "a-default-capability",
        pod(container("main", {"capabilities": {"add": ["CHOWN"], "drop": ["ALL"]}})),
        restricted=(
            'unrestricted capabilities (container "main" must not include "CHOWN" in securityContext.capabilities.add)'
        ),
    ),
    Case(
        "capability-for-low-ports",
        pod(container("main", {"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}})),
    ),
    Case(
        "capabilities-not-dropped",
        pod(container("main", {"capabilities": {"drop": ["NET_RAW"]}})),
        restricted='unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"])',
    ),
    Case(
        "capabilities-of-several",
        pod(
            container("a", {"capabilities": {"add": ["SYS_TIME", "NET_ADMIN"]}}),
            container("b", {"capabilities": {"add": ["BPF"]}}),
            initContainers=[container("setup", {"capabilities": None})],
        ),
        baseline=(
            'non-default capabilities (containers "a", "b" must not include "BPF", "NET_ADMIN", "SYS_TIME" in '
            "securityContext.capabilities.add)"
        ),
        restricted=(
            'unrestricted capabilities (containers "setup", "a", "b" must set '
            'securityContext.capabilities.drop=["ALL"]; containers "a", "b" must not include "BPF", "NET_ADMIN", '
            '"SYS_TIME" in securityContext.capabilities.add)'
        ),
    ),
    Case(
        "host-network",
        pod(hostNetwork=True),
        baseline="host namespaces (hostNetwork=true)",
    ),
    Case(
        "host-namespaces",
        pod(hostNetwork=True, hostPID=True, hostIPC=True),
        baseline="host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
    ),
    Case(
        "host-path",
        pod(volumes=[{"name": "disk", "hostPath": {"path": "/"}}]),
        baseline='hostPath volumes (volume "disk")',
        restricted='restricted volume types (volume "disk" uses restricted volume type "hostPath")',
    ),
    Case(
        "host-paths-among-others",
        pod(
            volumes=[
                {"name": "a", "hostPath": {"path": "/"}},
                {"name": "b", "emptyDir": {}},
                {"name": "c", "hostPath": {"path": "/var"}},
                {"name": "d", "nfs": {"server": "files", "path": "/"}},
            ]
        ),
        baseline='hostPath volumes (volumes "a", "c")',
        restricted='restricted volume types (volumes "a", "c", "d" use restricted volume types "hostPath", "nfs")',
    ),
    Case(
        "nfs",
        pod(volumes=[{"name": "share", "nfs": {"server": "files", "path": "/"}}]),
        restricted='restricted volume types (volume "share" uses restricted volume type "nfs")',
    ),
    Case(
        "volumes-of-the-cluster",
        pod(
            volumes=[
                {"name": "a", "configMap": {"name": "a"}},
                {"name": "b", "secret": {"secretName": "b"}},
                {"name": "c", "persistentVolumeClaim": {"claimName": "c"}},
                {"name": "d"},
            ]
        ),
    ),
    Case(
        "host-port",
        pod(container("main", ports=[{"containerPort": 80, "hostPort": 80}])),
        baseline='hostPort (container "main" uses hostPort 80)',
    ),
    Case(
        "host-ports",
        pod(
            container("a", ports=[{"containerPort": 9, "hostPort": 9}, {"containerPort": 80, "hostPort": 80}]),
            container("b", ports=[{"containerPort": 443, "hostPort": 443}]),
        ),
        baseline='hostPort (containers "a", "b" use hostPorts 443, 80, 9)',
    ),
    Case(
        "host-port-by-the-hosts-network",
        pod(container("main", ports=[{"containerPort": 80}]), hostNetwork=True),
        baseline='host namespaces (hostNetwork=true), hostPort (container "main" uses hostPort 80)',
    ),
    Case(
        "probe-of-a-host",
        pod(container("main", livenessProbe=http("10.0.0.1"))),
        baseline='probe or lifecycle host (container "main" uses probe or lifecycle host "10.0.0.1")',
    ),
    Case(
        "probes-and-hooks-of-hosts",
        pod(
            container(
                "b", readinessProbe={"tcpSocket": {"port": 80, "host": "10.0.0.2"}}, startupProbe=http("10.0.0.1")
            ),
            container("a", lifecycle={"postStart": http("10.0.0.3"), "preStop": http("10.0.0.1")}),
        ),
        baseline=(
            'probe or lifecycle host (containers "a", "b" use probe or lifecycle hosts "10.0.0.1", "10.0.0.2", '
            '"10.0.0.3")'
        ),
    ),
    Case(
        "privileged",
        pod(container("main", {"privileged": True, "allowPrivilegeEscalation": None})),
        baseline='privileged (container "main" must not set securityContext.privileged=true)',
        restricted=(
            'privileged (container "main" must not set securityContext.privileged=true), '
            'allowPrivilegeEscalation != false (container "main" must set '
            "securityContext.allowPrivilegeEscalation=false)"
        ),
    ),
    Case(
        "privileged-init-container",
        pod(initContainers=[container("setup", {"privileged": True, "allowPrivilegeEscalation": None})]),
        baseline='privileged (container "setup" must not set securityContext.privileged=true)',
        restricted=(
            'privileged (container "setup" must not set securityContext.privileged=true), '
            'allowPrivilegeEscalation != false (container "setup" must set '
            "securityContext.allowPrivilegeEscalation=false)"
        ),
    ),
    Case(
        "proc-mount",
        pod(container("main", {"procMount": "Unmasked"}), hostUsers=False),
        restricted='procMount (container "main" must not set securityContext.procMount to "Unmasked")',
    ),
    Case(
        "selinux-type-of-the-pod",
        pod(security={"seLinuxOptions": {"type": "spc_t"}}),
        baseline='seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t")',
    ),
    Case("selinux-type-of-engines", pod(security={"seLinuxOptions": {"type": "container_engine_t"}})),
    Case(
        "selinux-of-all",
        pod(
            container("a", {"seLinuxOptions": {"type": "spc_t", "user": "root"}}),
            container("b", {"seLinuxOptions": {"role": "admin"}}),
            security={"seLinuxOptions": {"type": "init_t", "level": "s0"}},
        ),
        baseline=(
            'seLinuxOptions (pod and containers "a", "b" set forbidden securityContext.seLinuxOptions: types '
            '"init_t", "spc_t"; user may not be set; role may not be set)'
        ),
    ),
    Case(
        "seccomp-off-in-the-pod",
        pod(security={"seccompProfile": {"type": "Unconfined"}}),
        baseline='seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ),
    Case(
        "seccomp-off-in-a-container",
        pod(container("main", {"seccompProfile": {"type": "Unconfined"}})),
        baseline=('seccompProfile (container "main" must not set securityContext.seccompProfile.type to "Unconfined")'),
    ),
    Case(
        "seccomp-off-in-both",
        pod(
            container("main", {"seccompProfile": {"type": "Unconfined"}}),
            security={"seccompProfile": {"type": "Unconfined"}},
        ),
        baseline=(
            'seccompProfile (pod and container "main" must not set securityContext.seccompProfile.type to "Unconfined")'
        ),
    ),
    Case(
        "seccomp-not-set",
        pod(container("a"), container("b"), security={"seccompProfile": None}),
        restricted=(
            'seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to '
            '"RuntimeDefault" or "Localhost")'
        ),
    ),
    Case(
        "seccomp-set-by-the-container",
        pod(
            container("main", {"seccompProfile": {"type": "Localhost", "localhostProfile": "own.json"}}),
            security={"seccompProfile": None},
        ),
    ),
    Case("a-safe-sysctl", pod(security={"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]})),
    Case(
        "sysctls",
        pod(security={"sysctls": [{"name": name, "value": "1"} for name in ("kernel.msgmax", "net.ipv4.ip_forward")]}),
        baseline="forbidden sysctls (kernel.msgmax, net.ipv4.ip_forward)",
    ),
    Case(
        "root-allowed-by-the-pod",
        pod(security={"runAsNonRoot": False}),
        restricted="runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)",
    ),
    Case(
        "root-allowed-by-a-container",
        pod(container("main", {"runAsNonRoot": False})),
        restricted='runAsNonRoot != true (container "main" must not set securityContext.runAsNonRoot=false)',
    ),
    Case(
        "root-allowed-by-both",
        pod(container("main", {"runAsNonRoot": False}), security={"runAsNonRoot": False}),
        restricted='runAsNonRoot != true (pod and container "main" must not set securityContext.runAsNonRoot=false)',
    ),
    Case(
        "root-not-set-by-two",
        pod(container("a"), container("b"), security={"runAsNonRoot": None}),
        restricted='runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true)',
    ),
    Case(
        "root-refused-by-the-container", pod(container("main", {"runAsNonRoot": True}), security={"runAsNonRoot": None})
    ),
    Case(
        "root-set-by-the-container",
        pod(container("main", {"runAsUser": 0}), security={"runAsNonRoot": None}, hostUsers=False),
    ),
    Case(
        "user-0-of-the-pod",
        pod(security={"runAsUser": 0}),
        restricted="runAsUser=0 (pod must not set runAsUser=0)",
    ),
    Case(
        "user-0-of-containers",
        pod(container("a", {"runAsUser": 0}), container("b", {"runAsUser": 0})),
        restricted='runAsUser=0 (containers "a", "b" must not set runAsUser=0)',
    ),
    Case(
        "user-0-of-both",
        pod(container("main", {"runAsUser": 0}), security={"runAsUser": 0}),
        restricted='runAsUser=0 (pod and container "main" must not set runAsUser=0)',
    ),
    Case("windows", windows()),
    Case(
        "windows-host-process-of-the-pod",
        windows(pod_options=HOST_PROCESS),
        baseline=(
            "host namespaces (hostNetwork=true), hostProcess (pod must not set "
            "securityContext.windowsOptions.hostProcess=true)"
        ),
    ),
    Case(
        "windows-host-process-of-both",
        windows(pod_options=HOST_PROCESS, options=HOST_PROCESS),
        baseline=(
            'host namespaces (hostNetwork=true), hostProcess (pod and container "main" must not set '
            "securityContext.windowsOptions.hostProcess=true)"
        ),
    ),
    Case(
        "everything-at-once",
        pod(
            container(
                "main", {"privileged": True, "allowPrivilegeEscalation": True, "capabilities": None, "runAsUser": 0}
            ),
            container("side", {"seccompProfile": {"type": "Unconfined"}, "procMount": "Default"}),
            initContainers=[
                container("setup", {"seLinuxOptions": {"user": "root"}}, ports=[{"containerPort": 1, "hostPort": 1}])
            ],
            security={"sysctls": [{"name": "kernel.sem", "value": "1"}], "runAsNonRoot": None, "seccompProfile": None},
            hostPID=True,
            volumes=[{"name": "disk", "hostPath": {"path": "/"}}],
        ),
        baseline=(
            'host namespaces (hostPID=true), hostPath volumes (volume "disk"), hostPort (container "setup" uses '
            'hostPort 1), privileged (container "main" must not set securityContext.privileged=true), '
            'seLinuxOptions (container "setup" set forbidden securityContext.seLinuxOptions: user may not be '
            'set), seccompProfile (container "side" must not set securityContext.seccompProfile.type to '
            '"Unconfined"), forbidden sysctls (kernel.sem)'
        ),
        restricted=(
            'host namespaces (hostPID=true), hostPort (container "setup" uses hostPort 1), privileged (container '
            '"main" must not set securityContext.privileged=true), seLinuxOptions (container "setup" set '
            "forbidden securityContext.seLinuxOptions: user may not be set), forbidden sysctls (kernel.sem), "
            'allowPrivilegeEscalation != false (container "main" must set '
            'securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must '
            'set securityContext.capabilities.drop=["ALL"]), restricted volume types (volume "disk" uses '
            'restricted volume type "hostPath"), runAsNonRoot != true (pod or containers "setup", "main", "side" '
            'must set securityContext.runAsNonRoot=true), runAsUser=0 (container "main" must not set '
            'runAsUser=0), seccompProfile (container "side" must not set securityContext.seccompProfile.type to '
            '"Unconfined")'
        ),
    ),
)
