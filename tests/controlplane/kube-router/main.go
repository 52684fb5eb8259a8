// Package main is kube-router's NetworkPolicy controller alone: no BGP, no IPVS, no cloud. The whole program takes twice
// as long to build.
package main

import (
	"flag"
	"log"
	"sync"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

type informer interface {
	AddEventHandler(handler cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error)
}

func main() {
	config := options.NewKubeRouterConfig()
	kubeconfig := flag.String("kubeconfig", "", "the file that says where the API server is")
	flag.StringVar(&config.HostnameOverride, "hostname-override", "", "the Node whose pods these are")
	services := flag.String("service-cluster-ip-range", "10.96.0.0/16", "the addresses of Services")
	flag.Parse()
	config.EnableIPv4, config.ClusterIPCIDRs = true, []string{*services}

	client, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	must(err)
	clientset, err := kubernetes.NewForConfig(client)
	must(err)
	factory := informers.NewSharedInformerFactory(clientset, 0)
	pods, namespaces := factory.Core().V1().Pods().Informer(), factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	stop := make(chan struct{})
	factory.Start(stop)
	factory.WaitForCacheSync(stop)

	iptables, ipsets, err := netpol.NewIPTablesHandlers(config)
	must(err)
	controller, err := netpol.NewNetworkPolicyController(
		clientset, config, pods, policies, namespaces, &sync.Mutex{}, iptables, ipsets)
	must(err)
	for watched, handler := range map[informer]cache.ResourceEventHandler{
		pods:       controller.PodEventHandler,
		namespaces: controller.NamespaceEventHandler,
		policies:   controller.NetworkPolicyEventHandler,
	} {
		_, err = watched.AddEventHandler(handler)
		must(err)
	}
	beats := make(chan *healthcheck.ControllerHeartbeat, 10)
	go func() {
		for range beats { // nobody asks for its health
		}
	}()
	var group sync.WaitGroup
	group.Add(1)
	controller.Run(beats, stop, &group)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
