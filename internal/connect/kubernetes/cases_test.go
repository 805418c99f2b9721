package kubernetes

import (
	"slices"
	"strings"
	"testing"
)

// deploy is a Deployment with labels and one variable.
func deploy(name, labels, env string) string {
	return "---\nkind: Deployment\nmetadata: {name: " + name + ", labels: {" + labels + "}}\nspec: {template: {metadata: {labels: {" + labels + "}}, spec: {containers: [{image: x, env: [" + env + "]}]}}}\n"
}

func serviceFor(name, selector string) string {
	return "---\nkind: Service\nmetadata: {name: " + name + "}\nspec: {selector: {" + selector + "}}\n"
}

func TestCases(t *testing.T) {
	two := deploy("old", "app: old", "") + deploy("new", "app: new", "") + serviceFor("old", "app: old") + serviceFor("new", "app: new")
	for name, c := range map[string]struct {
		in      string
		want    []string // lines that must be there
		never   []string // substrings of lines that must not
		remarks []string
	}{
		"traffic to another application: partly soft, wholly hard": {
			in: two + "---\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [old], http: [{route: [{destination: {host: old}, weight: 90}, {destination: {host: new}, weight: 10}]}]}\n" +
				deploy("web", "app: web", "") + serviceFor("web", "app: web") +
				"---\nkind: VirtualService\nmetadata: {name: b}\nspec: {hosts: [web], http: [{route: [{destination: {host: new.default.svc.cluster.local}}]}]}\n",
			want: []string{"default/Application/old depends_on default/Application/new soft", "default/Application/web depends_on default/Application/new"},
		},
		"HTTPRoute over two Services, in another namespace": {
			in: two + "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge, namespace: infra}\nspec: {listeners: [{hostname: shop.example}]}\n" +
				"---\nkind: HTTPRoute\nmetadata: {name: r}\nspec: {parentRefs: [{name: edge, namespace: infra}], rules: [{backendRefs: [{name: old, weight: 9}, {name: new, weight: 1}]}]}\n",
			want: []string{"infra/Gateway/edge depends_on default/Application/old soft", "infra/Gateway/edge depends_on default/Application/new soft"},
		},
		"a route without its Gateway": {
			in:      two + "---\nkind: HTTPRoute\nmetadata: {name: r}\nspec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: old}]}]}\n",
			never:   []string{"Gateway"},
			remarks: []string{"belongs to the Gateway edge, which was not read"},
		},
		"its own public name is no call": {
			in: deploy("web", "app: web", "{name: CALLBACK_URL, value: 'https://shop.example/cb'}") + serviceFor("web", "app: web") + deploy("mail", "app: mail", "{name: SHOP_URL, value: 'https://shop.example'}") +
				"---\nkind: Ingress\nmetadata: {name: shop}\nspec: {rules: [{host: shop.example, http: {paths: [{path: /, backend: {service: {name: web}}}]}}]}\n",
			want:  []string{"default/Application/mail calls default/Ingress/shop", "default/Ingress/shop depends_on default/Application/web"},
			never: []string{"default/Application/web calls"},
		},
		"one chart twice is two applications": {
			in: deploy("a-redis", "app.kubernetes.io/name: redis, app.kubernetes.io/instance: a", "") + deploy("b-redis", "app.kubernetes.io/name: redis, app.kubernetes.io/instance: my-redis", "") +
				deploy("web", "app.kubernetes.io/name: web, app.kubernetes.io/instance: a", ""),
			want: []string{"default/Deployment/a-redis part_of default/Application/a-redis", "default/Deployment/b-redis part_of default/Application/my-redis", "default/Deployment/web part_of default/Application/web"},
		},
		"a Service over several applications needs one of them": {
			in: two + serviceFor("both", "tier: x") + deploy("p", "app: p, tier: x", "") + deploy("q", "app: q, tier: x", "{name: BOTH_ADDR, value: 'both:80'}"),
			want: []string{"default/Application/both depends_on default/Application/p [Service/both 1]", "default/Application/both depends_on default/Application/q [Service/both 1]",
				"default/Application/q calls default/Application/both"},
		},
		"a Service that selects nothing": {
			in:      deploy("web", "app: web", "{name: DB_HOST, value: legacy}") + serviceFor("legacy", ""),
			want:    []string{"default/Application/web calls default/Application/legacy"},
			remarks: []string{"selects no pod"},
		},
		"pods whose ReplicaSet was not read": {
			in:    deploy("web", "app: web", "") + "---\nkind: Node\nmetadata: {name: n1}\n---\nkind: Pod\nmetadata: {name: web-7d-1, ownerReferences: [{kind: ReplicaSet, name: web-7d, controller: true}]}\nspec: {nodeName: n1}\n",
			want:  []string{"default/Deployment/web runs_on Node/n1 [hosts 1]"},
			never: []string{"ReplicaSet"},
		},
		"owners in a circle end": {
			in: "kind: ReplicaSet\nmetadata: {name: a, ownerReferences: [{kind: ReplicaSet, name: b}]}\n---\nkind: ReplicaSet\nmetadata: {name: b, ownerReferences: [{kind: ReplicaSet, name: a}]}\n",
		},
		"a machine of the mesh is an application": {
			in: deploy("web", "app: web", "{name: VM_URL, value: 'http://vm.legacy.example:80'}") +
				"---\nkind: ServiceEntry\nmetadata: {name: vm}\nspec: {hosts: [vm.legacy.example], location: MESH_INTERNAL}\n---\nkind: ServiceEntry\nmetadata: {name: g}\nspec: {hosts: ['*.apis.example']}\n" +
				deploy("job", "app: job", "{name: MAPS_ENDPOINT, value: 'https://maps.apis.example'}"),
			want: []string{"default/Application/web calls default/Application/vm.legacy.example", "default/Application/job calls External/*.apis.example"},
		},
		"a subset that nobody defines leaves redundancy alone": {
			in: deploy("r1", "app: r, version: v1", "") + deploy("r2", "app: r, version: v2", "") + serviceFor("r", "app: r") +
				"---\nkind: VirtualService\nmetadata: {name: r}\nspec: {hosts: [r], http: [{route: [{destination: {host: r, subset: v1}}]}]}\n",
			want:    []string{"default/Deployment/r1 part_of default/Application/r [Service/r 1]", "default/Deployment/r2 part_of default/Application/r [Service/r 1]"},
			remarks: []string{"no DestinationRule that was read defines"},
		},
		"the API server is no application": {
			in:    serviceFor("kubernetes", "") + deploy("web", "app: web", "{name: API_URL, value: 'https://kubernetes.default.svc'}"),
			never: []string{"kubernetes"},
		},
		"kubectl get -o yaml": {
			in:   "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: shop\n- apiVersion: v1\n  kind: Secret\n  data: [not read\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: web\n    namespace: shop\nkind: List\nmetadata:\n  resourceVersion: \"\"\n",
			want: []string{"shop/Deployment/web part_of shop/Application/web"},
		},
		"anchors and merge keys": {
			in:   "kind: Deployment\nmetadata: &m {name: web, labels: &l {app: shop}}\nspec: {template: {metadata: {<<: *m, labels: *l}}}\n",
			want: []string{"default/Deployment/web part_of default/Application/shop"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := gather(t, Options{}, strings.NewReader(c.in))
			lines := s.lines()
			for _, l := range c.want {
				if !slices.Contains(lines, l) {
					t.Errorf("no %q in\n%s", l, strings.Join(lines, "\n"))
				}
			}
			for _, l := range lines {
				for _, n := range c.never {
					if strings.Contains(l, n) {
						t.Errorf("there is %q", l)
					}
				}
			}
			for _, r := range c.remarks {
				if !s.remarked(r) {
					t.Errorf("no remark %q in %v", r, s.remarks)
				}
			}
		})
	}
}
